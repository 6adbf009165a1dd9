/*
    Between which numbers each estimate lies, since it is a weighted mean of them: the lowest and the highest answer,
    score or ratio of the people of the cell. Sums in floating point may leave this range by a last digit, and
    give 4.999999999999999 for people who all said 5.
    1. Of shares and nets 0 and 1 do, which int_estimates__coefficients knows. Totals have no range.
    2. A ratio has none if somebody has a numerator and no denominator.
*/
with

moments as (
    select *
    from {{ ref('int_moments__psu') }}
    where n_respondents > 0
),

value_moments as (
    select *
    from {{ ref('int_moments__psu_values') }}
    where n_respondents > 0
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        standard_code,
        score_key
    from {{ ref('int_measures__denominators') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

-- of whom the numbers are, and what they are of: a score, or the answer itself
keys_of_answers as (
    select
        variables.variable_key,
        measures.measure_id,
        measures.measure_kind,
        measures.variable_id,
        denominators.category_code,
        denominators.score_key
    from measures
    inner join variables
        on
            measures.variable_id = variables.variable_id
            and measures.base_id = variables.base_id
    inner join denominators
        on measures.measure_id = denominators.measure_id
    where
        measures.measure_kind in ('mean', 'score')
        and measures.standard_population_id is null
),

of_answers as (
    select
        moments.wave_key,
        moments.moment_date,
        keys_of_answers.score_key,
        moments.segment_value_key,
        case
            when keys_of_answers.measure_kind = 'score' then coalesce(scores.score, 0)
            else moments.lowest_value
        end as lowest,
        case
            when keys_of_answers.measure_kind = 'score' then coalesce(scores.score, 0)
            else moments.highest_value
        end as highest
    from moments
    inner join keys_of_answers
        on moments.variable_key = keys_of_answers.variable_key
    left join scores
        on
            keys_of_answers.measure_id = scores.measure_id
            and keys_of_answers.category_code = scores.category_code
            and keys_of_answers.variable_id = scores.variable_id
            and moments.category_code = scores.answer_code
),

of_values as (
    select
        value_moments.wave_key,
        value_moments.moment_date,
        value_moments.score_key,
        value_moments.segment_value_key,
        value_moments.lowest_ratio as lowest,
        value_moments.highest_ratio as highest
    from value_moments
),

united as (
    select * from of_answers
    union all
    select * from of_values
),

final as (
    select
        -- keys
        period_waves.period_key,
        united.score_key,
        united.segment_value_key,

        -- null where a part of the cell has none
        case when count(*) = count(united.lowest) then min(united.lowest) end as lowest,
        case when count(*) = count(united.highest) then max(united.highest) end as highest
    from united
    inner join period_waves
        on
            united.wave_key = period_waves.wave_key
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )
    group by
        period_waves.period_key,
        united.score_key,
        united.segment_value_key
)

select * from final
