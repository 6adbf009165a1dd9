/*
    What a respondent of a wave could answer at all. What is not here was not collected, and nobody's not having
    answered it is no zero.
    1. A category is offered where the crosswalk has a row for it that holds in the wave; a number (`_Z`)
       where it takes numbers.
    2. A category of a derived variable is offered where one of its source categories is, or a number of
       its band could be given.
    3. Of a sum, bands are offered that the answers offered in the wave could add up to.
*/
with

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

crosswalk as (
    select *
    from {{ ref('stg_codebook__crosswalk') }}
    where
        category_code is not null
        or numeric_value is not null
        or source_code = {{ number_code() }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
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

crosswalk_by_wave as (
    {{ expand_validity('crosswalk', 'waves') }}
),

asked as (
    select distinct
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        coalesce(crosswalk_by_wave.category_code, '_Z') as category_code,
        -- null beside `_Z`: any number
        crosswalk_by_wave.numeric_value
    from questions
    inner join crosswalk_by_wave
        on
            questions.study_id = crosswalk_by_wave.study_id
            and questions.wave_id = crosswalk_by_wave.wave_id
            and questions.crosswalk_id = crosswalk_by_wave.crosswalk_id
),

derived_questions as (
    select distinct
        study_id,
        wave_id,
        variable_id,
        derived_from_variable_id
    from questions
    where derived_from_variable_id is not null
),

derived as (
    select distinct
        asked.study_id,
        asked.wave_id,
        derived_questions.variable_id,
        derivations.category_code
    from asked
    inner join derived_questions
        on
            asked.study_id = derived_questions.study_id
            and asked.wave_id = derived_questions.wave_id
            and asked.variable_id = derived_questions.derived_from_variable_id
    inner join derivations
        on
            derived_questions.variable_id = derivations.variable_id
            and asked.variable_id = derivations.source_variable_id
            and (
                {{ is_derived_by(
                    'derivations', 'asked.category_code', 'asked.numeric_value'
                ) | indent(16) }}
                or (
                    derivations.source_category_code is null
                    and asked.category_code = '_Z'
                    and asked.numeric_value is null
                )
            )
),

coded as (
    select
        study_id,
        wave_id,
        variable_id,
        category_code,
        numeric_value
    from asked

    union all

    select
        study_id,
        wave_id,
        variable_id,
        category_code,
        cast(null as {{ type_number() }}) as numeric_value
    from derived
),

-- what each member of a sum can add to it; null if any number
addends as (
    select
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        coded.variable_id as member_variable_id,
        min(derived_sums.minimum_answers) as minimum_answers,
        case
            when count(coalesce(scores.score, coded.numeric_value)) = count(*)
                then min(coalesce(scores.score, coded.numeric_value))
        end as lowest,
        case
            when count(coalesce(scores.score, coded.numeric_value)) = count(*)
                then max(coalesce(scores.score, coded.numeric_value))
        end as highest
    from questions
    inner join derived_sums
        on questions.variable_id = derived_sums.variable_id
    inner join members
        on derived_sums.variable_group_id = members.variable_group_id
    inner join coded
        on
            questions.study_id = coded.study_id
            and questions.wave_id = coded.wave_id
            and members.variable_id = coded.variable_id
    left join scores
        on
            derived_sums.score_id = scores.score_id
            and coded.category_code = scores.category_code
    where
        scores.score is not null
        or coded.category_code = '_Z'
    group by
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        coded.variable_id
),

counted as (
    select
        *,
        count(*) over (partition by study_id, wave_id, variable_id) as n_members
    from addends
),

-- answers that may be missing add nothing
sums as (
    select
        study_id,
        wave_id,
        variable_id,
        case
            when count(lowest) = count(*)
                then
                    sum(
                        case
                            when minimum_answers >= n_members or lowest < 0 then lowest
                            else 0
                        end
                    )
        end as lowest,
        case
            when count(highest) = count(*)
                then
                    sum(
                        case
                            when minimum_answers >= n_members or highest > 0 then highest
                            else 0
                        end
                    )
        end as highest
    from counted
    group by
        study_id,
        wave_id,
        variable_id
),

groups_of_sums as (
    select distinct
        sums.study_id,
        sums.wave_id,
        derived_questions.variable_id,
        derivations.category_code
    from sums
    inner join derived_questions
        on
            sums.study_id = derived_questions.study_id
            and sums.wave_id = derived_questions.wave_id
            and sums.variable_id = derived_questions.derived_from_variable_id
    inner join derivations
        on
            derived_questions.variable_id = derivations.variable_id
            and sums.variable_id = derivations.source_variable_id
    where
        (
            derivations.lower_bound is null
            or sums.highest is null
            or derivations.lower_bound <= sums.highest
        )
        and (
            derivations.upper_bound is null
            or sums.lowest is null
            or derivations.upper_bound > sums.lowest
        )
),

final as (
    select
        study_id,
        wave_id,
        variable_id,
        category_code
    from coded

    union distinct

    select
        study_id,
        wave_id,
        variable_id,
        '_Z' as category_code
    from sums

    union distinct

    select
        study_id,
        wave_id,
        variable_id,
        category_code
    from groups_of_sums
)

select * from final
