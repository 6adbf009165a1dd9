/*
    Numerator and denominator of each respondent, for measures that need several answers of a person: ratios,
    questions with several answers, and standardised ones, which are estimated by group.
    One row per respondent, measure and category, also where the numerator is zero.
*/
with

answers as (
    select *
    from {{ ref('int_answers__coded') }}
    where missing_kind is null
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

measure_scores as (
    select * from {{ ref('int_measures__scores') }}
),

categories as (
    select * from {{ ref('int_measures__categories') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

base_members as (
    select * from {{ ref('int_measures__base_members') }}
),

ratios as (
    select
        numerator.study_id,
        numerator.wave_id,
        numerator.respondent_key,
        measures.measure_id,
        '_T' as standard_code,
        '_Z' as category_code,
        numerator.numeric_value as y,
        denominator.numeric_value as x
    from measures
    inner join answers as numerator
        on measures.variable_id = numerator.variable_id
    inner join answers as denominator
        on
            numerator.respondent_key = denominator.respondent_key
            and measures.denominator_variable_id = denominator.variable_id
    where measures.measure_kind = 'ratio'
),

mentions as (
    select
        answers.study_id,
        answers.wave_id,
        answers.respondent_key,
        measure_scores.measure_id,
        measure_scores.measure_kind,
        measure_scores.category_code,
        case when answers.category_code = measure_scores.answer_code then 1 else 0 end as y
    from measure_scores
    inner join answers
        on measure_scores.variable_id = answers.variable_id
    where measure_scores.measure_kind in ('share_of_cases', 'share_of_responses')
),

respondents_with_mentions as (
    select
        study_id,
        wave_id,
        respondent_key,
        measure_id,
        measure_kind,
        sum(y) as n_mentions
    from mentions
    group by
        study_id,
        wave_id,
        respondent_key,
        measure_id,
        measure_kind
),

several_answers as (
    select
        respondents_with_mentions.study_id,
        respondents_with_mentions.wave_id,
        respondents_with_mentions.respondent_key,
        respondents_with_mentions.measure_id,
        '_T' as standard_code,
        categories.category_code,
        cast(coalesce(mentions.y, 0) as {{ type_number() }}) as y,
        cast(
            case
                when respondents_with_mentions.measure_kind = 'share_of_cases' then 1
                else respondents_with_mentions.n_mentions
            end as {{ type_number() }}
        ) as x
    from respondents_with_mentions
    inner join categories
        on respondents_with_mentions.measure_id = categories.measure_id
    left join mentions
        on
            respondents_with_mentions.measure_id = mentions.measure_id
            and respondents_with_mentions.respondent_key = mentions.respondent_key
            and categories.category_code = mentions.category_code
),

standardised as (
    select
        answers.study_id,
        answers.wave_id,
        answers.respondent_key,
        measures.measure_id,
        standard_answers.category_code as standard_code,
        categories.category_code,
        coalesce(
            measure_scores.score,
            case when measures.measure_kind = 'mean' then answers.numeric_value end,
            0
        ) as y,
        cast(1 as {{ type_number() }}) as x
    from measures
    inner join standard_populations
        on measures.standard_population_id = standard_populations.standard_population_id
    inner join categories
        on measures.measure_id = categories.measure_id
    inner join answers
        on measures.variable_id = answers.variable_id
    inner join answers as standard_answers
        on
            answers.respondent_key = standard_answers.respondent_key
            and standard_populations.variable_id = standard_answers.variable_id
    left join measure_scores
        on
            measures.measure_id = measure_scores.measure_id
            and categories.category_code = measure_scores.category_code
            and answers.category_code = measure_scores.answer_code
    where measures.measure_kind in ('share', 'net', 'score', 'mean')
),

united as (
    select * from ratios
    union all
    select * from several_answers
    union all
    select * from standardised
),

final as (
    select united.*
    from united
    inner join measures
        on united.measure_id = measures.measure_id
    inner join base_members
        on
            united.respondent_key = base_members.respondent_key
            and measures.base_id = base_members.base_id
)

select * from final
