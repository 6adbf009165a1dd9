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

categories as (
    select * from {{ ref('int_measures__categories') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

period_waves as (
    select *
    from {{ ref('int_design__period_waves') }}
    where period_grain <> 'wave_set'
),

of_answers as (
    select
        moments.study_id,
        moments.wave_id,
        moments.moment_date,
        measures.measure_id,
        categories.category_code,
        moments.segment_id,
        moments.segment_code,
        '_T' as standard_code,
        case
            when measures.measure_kind = 'score' then coalesce(scores.score, 0)
            else moments.lowest_value
        end as lowest,
        case
            when measures.measure_kind = 'score' then coalesce(scores.score, 0)
            else moments.highest_value
        end as highest
    from moments
    inner join measures
        on
            moments.variable_id = measures.variable_id
            and moments.base_id = measures.base_id
    inner join categories
        on measures.measure_id = categories.measure_id
    left join scores
        on
            measures.measure_id = scores.measure_id
            and categories.category_code = scores.category_code
            and moments.variable_id = scores.variable_id
            and moments.category_code = scores.answer_code
    where
        measures.measure_kind in ('mean', 'score')
        and measures.standard_population_id is null
),

of_values as (
    select
        study_id,
        wave_id,
        moment_date,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        standard_code,
        lowest_ratio as lowest,
        highest_ratio as highest
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
        united.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        united.measure_id,
        united.category_code,
        united.segment_id,
        united.segment_code,
        united.standard_code,

        -- null where a part of the cell has none
        case when count(*) = count(united.lowest) then min(united.lowest) end as lowest,
        case when count(*) = count(united.highest) then max(united.highest) end as highest
    from united
    inner join period_waves
        on
            united.study_id = period_waves.study_id
            and united.wave_id = period_waves.wave_id
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )
    group by
        united.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        united.measure_id,
        united.category_code,
        united.segment_id,
        united.segment_code,
        united.standard_code
)

select * from final
