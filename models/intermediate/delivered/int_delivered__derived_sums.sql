/*
    1. A sum adds up several answers of a person, so it cannot follow from distinct codes as other derived
       variables do. Its groups follow from it here.
    2. A respondent with too few answers has no sum. Its kind of missing is that of the missing answers, if all
       of them have the same kind, and otherwise `no_answer`.
*/
with

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

-- sums and their groups have no column
questions as (
    select *
    from {{ ref('int_codebook__questions_by_wave') }}
    where source_column is null
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

derived_sums as (
    select * from {{ ref('stg_codebook__derived_sums') }}
),

scores as (
    select * from {{ ref('stg_codebook__scores') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

available as (
    select
        questions.study_id,
        questions.wave_id,
        derived_sums.variable_id,
        derived_sums.score_id,
        derived_sums.minimum_answers,
        members.variable_id as member_variable_id
    from derived_sums
    inner join questions
        on derived_sums.variable_id = questions.variable_id
    inner join members
        on derived_sums.variable_group_id = members.variable_group_id
),

scored_codes as (
    select
        mapped_codes.study_id,
        mapped_codes.wave_id,
        mapped_codes.source_column,
        mapped_codes.source_code,
        mapped_codes.missing_kind,
        available.variable_id,
        available.minimum_answers,
        coalesce(scores.score, mapped_codes.numeric_value) as score
    from available
    inner join mapped_codes
        on
            available.study_id = mapped_codes.study_id
            and available.wave_id = mapped_codes.wave_id
            and available.member_variable_id = mapped_codes.variable_id
    left join scores
        on
            available.score_id = scores.score_id
            and mapped_codes.category_code = scores.category_code
),

summed as (
    select
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number,
        scored_codes.variable_id,
        max(scored_codes.minimum_answers) as minimum_answers,
        count(scored_codes.score) as n_answers,
        sum(scored_codes.score) as total,
        case
            when
                count(scored_codes.missing_kind) = count(*)
                and min(scored_codes.missing_kind) = max(scored_codes.missing_kind)
                then min(scored_codes.missing_kind)
            else 'no_answer'
        end as missing_kind
    from delivered
    inner join scored_codes
        on
            delivered.study_id = scored_codes.study_id
            and delivered.wave_id = scored_codes.wave_id
            and delivered.source_column = scored_codes.source_column
            and coalesce(delivered.source_code, {{ empty_code() }}) = scored_codes.source_code
    group by
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number,
        scored_codes.variable_id
),

sums as (
    select
        summed.study_id,
        summed.wave_id,
        summed.row_number,
        summed.variable_id,
        cast(null as {{ dbt.type_string() }}) as category_code,
        case
            when summed.n_answers >= summed.minimum_answers
                then {{ rounded_to('summed.total', 'variables.decimals') | indent(16) }}
        end as numeric_value,
        case when summed.n_answers < summed.minimum_answers then summed.missing_kind end
            as missing_kind
    from summed
    inner join variables
        on summed.variable_id = variables.variable_id
),

groups_of_sums as (
    select
        sums.study_id,
        sums.wave_id,
        sums.row_number,
        questions.variable_id,
        derivations.category_code,
        cast(null as {{ type_number() }}) as numeric_value,
        case
            when sums.missing_kind is not null then sums.missing_kind
            when derivations.category_code is null then 'invalid'
        end as missing_kind
    from sums
    inner join questions
        on
            sums.study_id = questions.study_id
            and sums.wave_id = questions.wave_id
            and sums.variable_id = questions.derived_from_variable_id
    left join derivations
        on
            questions.variable_id = derivations.variable_id
            and sums.variable_id = derivations.source_variable_id
            and sums.missing_kind is null
            and {{ is_derived_by(
                'derivations', 'sums.category_code', 'sums.numeric_value'
            ) | indent(12) }}
),

united as (
    select * from sums
    union all
    select * from groups_of_sums
),

final as (
    select
        *,
        {{ answer_key('variable_id', 'category_code') }} as answer_key
    from united
)

select * from final
