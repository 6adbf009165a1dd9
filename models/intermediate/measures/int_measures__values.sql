/*
    Numerator and denominator of each respondent, for measures that need several answers of a person: ratios,
    questions with several answers, and standardised ones, which are estimated by group.
    1. One row per respondent, measure and category, also where the numerator is zero.
    2. Shares of cases: respondents who answered an item are in its base, ticked or not. Other items do not count.
    3. Shares of responses: the mentions of respondents who were asked all items that the wave offered, and
       answered at least one.
*/
with

all_answers as (
    select * from {{ ref('int_answers__coded') }}
),

answers as (
    select *
    from all_answers
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

offered as (
    select * from {{ ref('int_measures__offered') }}
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
        numerator.respondent_number,
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
            numerator.respondent_number = denominator.respondent_number
            and measures.denominator_variable_id = denominator.variable_id
    where measures.measure_kind = 'ratio'
),

-- the items that a respondent was asked
mentions as (
    select
        all_answers.study_id,
        all_answers.wave_id,
        all_answers.respondent_number,
        measure_scores.measure_id,
        measure_scores.measure_kind,
        measure_scores.category_code,
        all_answers.missing_kind,
        case when all_answers.category_code = measure_scores.answer_code then 1 else 0 end as y
    from measure_scores
    inner join all_answers
        on measure_scores.variable_id = all_answers.variable_id
    inner join offered
        on
            all_answers.study_id = offered.study_id
            and all_answers.wave_id = offered.wave_id
            and measure_scores.measure_id = offered.measure_id
            and measure_scores.category_code = offered.category_code
    where
        measure_scores.measure_kind in ('share_of_cases', 'share_of_responses')
        and coalesce(all_answers.missing_kind, '') not in ('not_asked', 'not_applicable')
),

cases as (
    select
        study_id,
        wave_id,
        respondent_number,
        measure_id,
        '_T' as standard_code,
        category_code,
        cast(y as {{ type_number() }}) as y,
        cast(1 as {{ type_number() }}) as x
    from mentions
    where
        measure_kind = 'share_of_cases'
        and missing_kind is null
),

items_by_wave as (
    select
        study_id,
        wave_id,
        measure_id,
        count(*) as n_items
    from offered
    group by
        study_id,
        wave_id,
        measure_id
),

respondents_asked_all as (
    select
        mentions.study_id,
        mentions.wave_id,
        mentions.respondent_number,
        mentions.measure_id,
        sum(mentions.y) as n_mentions
    from mentions
    inner join items_by_wave
        on
            mentions.study_id = items_by_wave.study_id
            and mentions.wave_id = items_by_wave.wave_id
            and mentions.measure_id = items_by_wave.measure_id
    where mentions.measure_kind = 'share_of_responses'
    group by
        mentions.study_id,
        mentions.wave_id,
        mentions.respondent_number,
        mentions.measure_id
    having
        count(*) = max(items_by_wave.n_items)
        and count(mentions.missing_kind) < count(*)
),

responses as (
    select
        mentions.study_id,
        mentions.wave_id,
        mentions.respondent_number,
        mentions.measure_id,
        '_T' as standard_code,
        mentions.category_code,
        cast(mentions.y as {{ type_number() }}) as y,
        cast(respondents_asked_all.n_mentions as {{ type_number() }}) as x
    from mentions
    inner join respondents_asked_all
        on
            mentions.measure_id = respondents_asked_all.measure_id
            and mentions.respondent_number = respondents_asked_all.respondent_number
),

standardised as (
    select
        answers.study_id,
        answers.wave_id,
        answers.respondent_number,
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
            answers.respondent_number = standard_answers.respondent_number
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
    select * from cases
    union all
    select * from responses
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
            united.respondent_number = base_members.respondent_number
            and measures.base_id = base_members.base_id
)

select * from final
