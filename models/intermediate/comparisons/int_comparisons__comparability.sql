-- depends_on: {{ ref('int_checks__problems') }}
/*
    Whether two waves of a variable may be compared, by what the codebook declares.
    1. A break of the whole study counts for every variable, and one of a variable for those made of it.
    2. `harmonised` is a difference that the crosswalk has taken out: another column, other codes.
    3. A category that one of the waves did not offer has no figure there, and the others share out more answers.
    4. The worst reason gives the grade; all reasons are named.
*/
with

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

breaks as (
    select * from {{ ref('stg_codebook__breaks') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

variable_sources as (
    select * from {{ ref('int_comparisons__variable_sources') }}
),

offered_categories as (
    select * from {{ ref('int_codebook__offered_categories') }}
),

groups_of_sums as (
    select variable_sources.variable_id
    from {{ ref('stg_codebook__derived_sums') }} as derived_sums
    inner join variable_sources
        on derived_sums.variable_id = variable_sources.source_variable_id
),

-- A variable may come from several columns of a wave.
asked as (
    select
        study_id,
        variable_id,
        wave_id,
        wave_number,
        max(derived_from_variable_id) as derived_from_variable_id,
        max(coalesce(question_text, '')) as question_text,
        max(coalesce(universe, '')) as universe,
        max(source_column) as source_column,
        max(coalesce(crosswalk_id, '')) as crosswalk_id
    from questions
    group by
        study_id,
        variable_id,
        wave_id,
        wave_number
),

-- bands of sums may be out of reach because items were not asked, which is another difference
categories as (
    select
        study_id,
        wave_id,
        variable_id,
        {{ joined_in_order('category_code', "' '", 'category_code') }} as category_codes
    from offered_categories
    where
        category_code <> '_Z'
        and variable_id not in (select groups_of_sums.variable_id from groups_of_sums)
    group by
        study_id,
        wave_id,
        variable_id
),

collapsed as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from mapped_codes
    where mapping_method = 'collapse'
),

versions as (
    select
        asked.*,
        coalesce(categories.category_codes, '') as category_codes,
        collapsed.variable_id is not null as is_collapsed
    from asked
    left join collapsed
        on
            asked.study_id = collapsed.study_id
            and asked.wave_id = collapsed.wave_id
            and coalesce(asked.derived_from_variable_id, asked.variable_id) = collapsed.variable_id
    left join categories
        on
            asked.study_id = categories.study_id
            and asked.wave_id = categories.wave_id
            and asked.variable_id = categories.variable_id
),

pairs as (
    select
        earlier.study_id,
        earlier.variable_id,
        earlier.wave_id as from_wave_id,
        later.wave_id as to_wave_id,
        earlier.wave_number as from_wave_number,
        later.wave_number as to_wave_number,
        earlier.question_text <> later.question_text as differs_in_wording,
        earlier.universe <> later.universe as differs_in_universe,
        earlier.is_collapsed <> later.is_collapsed as differs_in_detail,
        earlier.category_codes <> later.category_codes as differs_in_categories,
        earlier.source_column <> later.source_column
        or earlier.crosswalk_id <> later.crosswalk_id as differs_in_delivery
    from versions as earlier
    inner join versions as later
        on
            earlier.study_id = later.study_id
            and earlier.variable_id = later.variable_id
            and earlier.wave_number < later.wave_number
),

breaks_of_variables as (
    select
        break_id,
        study_id,
        wave_id,
        variable_id,
        severity,
        description
    from breaks

    union distinct

    select
        breaks.break_id,
        breaks.study_id,
        breaks.wave_id,
        variable_sources.variable_id,
        breaks.severity,
        breaks.description
    from breaks
    inner join variable_sources
        on breaks.variable_id = variable_sources.source_variable_id
),

numbered_breaks as (
    select
        breaks_of_variables.*,
        waves.wave_number
    from breaks_of_variables
    inner join waves
        on
            breaks_of_variables.study_id = waves.study_id
            and breaks_of_variables.wave_id = waves.wave_id
),

crossed_breaks as (
    select
        pairs.study_id,
        pairs.variable_id,
        pairs.from_wave_id,
        pairs.to_wave_id,
        sum(case when numbered_breaks.severity = 'hard' then 1 else 0 end) as n_hard_breaks,
        sum(case when numbered_breaks.severity = 'soft' then 1 else 0 end) as n_soft_breaks,
        {{ joined_in_order(
            expression='numbered_breaks.description',
            separator="' '",
            order_by='numbered_breaks.wave_number, numbered_breaks.break_id'
        ) | indent(8) }} as descriptions
    from pairs
    inner join numbered_breaks
        on
            pairs.study_id = numbered_breaks.study_id
            and (
                numbered_breaks.variable_id is null
                or pairs.variable_id = numbered_breaks.variable_id
            )
            and pairs.from_wave_number < numbered_breaks.wave_number
            and pairs.to_wave_number >= numbered_breaks.wave_number
    group by
        pairs.study_id,
        pairs.variable_id,
        pairs.from_wave_id,
        pairs.to_wave_id
),

final as (
    select
        -- keys
        pairs.study_id,
        pairs.variable_id,
        pairs.from_wave_id,
        pairs.to_wave_id,

        -- grade, and what it rests on
        case
            when crossed_breaks.n_hard_breaks > 0 then 'not_comparable'
            when
                crossed_breaks.n_soft_breaks > 0
                or pairs.differs_in_wording
                or pairs.differs_in_universe
                or pairs.differs_in_detail
                or pairs.differs_in_categories
                then 'with_care'
            when pairs.differs_in_delivery then 'harmonised'
            else 'identical'
        end as comparability_grade,
        cast(coalesce(crossed_breaks.n_hard_breaks, 0) as integer) as n_hard_breaks,
        cast(coalesce(crossed_breaks.n_soft_breaks, 0) as integer) as n_soft_breaks,
        pairs.differs_in_wording,
        pairs.differs_in_universe,
        pairs.differs_in_detail,
        pairs.differs_in_categories,
        pairs.differs_in_delivery,
        nullif(trim(
            coalesce(crossed_breaks.descriptions, '')
            || case
                when pairs.differs_in_wording then ' The wording of the question differs.'
                else ''
            end
            || case
                when pairs.differs_in_universe then ' It was asked of other people.'
                else ''
            end
            || case
                when pairs.differs_in_detail
                    then ' Only one of the waves maps several answers to one category.'
                else ''
            end
            || case
                when pairs.differs_in_categories
                    then ' One of the waves did not offer all categories of the other.'
                else ''
            end
            || case
                when pairs.differs_in_delivery
                    then ' Column or codes differ; the crosswalk harmonises them.'
                else ''
            end
        ), '') as comparability_reason
    from pairs
    left join crossed_breaks
        on
            pairs.study_id = crossed_breaks.study_id
            and pairs.variable_id = crossed_breaks.variable_id
            and pairs.from_wave_id = crossed_breaks.from_wave_id
            and pairs.to_wave_id = crossed_breaks.to_wave_id
)

select * from final
