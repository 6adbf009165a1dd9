/*
    Numerators by period and PSU, from waves that offered what is estimated. A PSU in which nobody scores is
    not stored.
*/
with

moments as (
    select * from {{ ref('int_moments__psu') }}
),

value_moments as (
    select * from {{ ref('int_moments__psu_values') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        standard_code,
        score_key
    from {{ ref('int_measures__denominators') }}
),

offered as (
    select
        {{ integer_key(['study_id', 'wave_id']) }} as wave_key,
        measure_id,
        category_code
    from {{ ref('int_measures__offered') }}
),

quantiles as (
    select * from {{ ref('int_moments__quantiles') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

-- the numerators that a wave offered
keys as (
    select
        offered.wave_key,
        offered.measure_id,
        offered.category_code,
        denominators.standard_code,
        denominators.score_key
    from offered
    inner join denominators
        on
            offered.measure_id = denominators.measure_id
            and offered.category_code = denominators.category_code
),

keys_of_answers as (
    select
        keys.wave_key,
        keys.score_key,
        variables.variable_key,
        scores.answer_code,
        scores.score
    from keys
    inner join scores
        on
            keys.measure_id = scores.measure_id
            and keys.category_code = scores.category_code
    inner join measures
        on keys.measure_id = measures.measure_id
    inner join variables
        on
            scores.variable_id = variables.variable_id
            and measures.base_id = variables.base_id
    where
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'total')
        and measures.standard_population_id is null
),

united as (
    select
        moments.wave_key,
        moments.moment_date,
        keys_of_answers.score_key,
        moments.segment_value_key,
        moments.unit_key,
        coalesce(keys_of_answers.score * moments.sum_w, moments.sum_wy) as sum_wy,
        coalesce(
            keys_of_answers.score * keys_of_answers.score * moments.sum_w, moments.sum_wyy
        ) as sum_wyy,
        coalesce(keys_of_answers.score * moments.sum_w, moments.sum_wy) as sum_wyx,
        coalesce(
            keys_of_answers.score * keys_of_answers.score * moments.sum_ww, moments.sum_wwyy
        ) as sum_wwyy,
        coalesce(keys_of_answers.score * moments.sum_ww, moments.sum_wwy) as sum_wwyx
    from moments
    inner join keys_of_answers
        on
            moments.wave_key = keys_of_answers.wave_key
            and moments.variable_key = keys_of_answers.variable_key
            and moments.category_code = keys_of_answers.answer_code

    union all

    select
        value_moments.wave_key,
        value_moments.moment_date,
        keys.score_key,
        value_moments.segment_value_key,
        value_moments.unit_key,
        value_moments.sum_wy,
        value_moments.sum_wyy,
        value_moments.sum_wyx,
        value_moments.sum_wwyy,
        value_moments.sum_wwyx
    from value_moments
    inner join keys
        on
            value_moments.wave_key = keys.wave_key
            and value_moments.measure_id = keys.measure_id
            and value_moments.category_code = keys.category_code
            and value_moments.standard_code = keys.standard_code
    where value_moments.sum_wyy > 0
),

by_period as (
    select
        period_waves.period_key,
        united.score_key,
        united.segment_value_key,
        united.unit_key,
        united.sum_wy,
        united.sum_wyy,
        united.sum_wyx,
        united.sum_wwyy,
        united.sum_wwyx
    from united
    inner join period_waves
        on
            united.wave_key = period_waves.wave_key
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )

    union all

    -- of a quantile: who is not above it, which is another value in each cell
    select
        quantiles.period_key,
        quantiles.score_key,
        quantiles.segment_value_key,
        moments.unit_key,
        moments.sum_w as sum_wy,
        moments.sum_w as sum_wyy,
        moments.sum_w as sum_wyx,
        moments.sum_ww as sum_wwyy,
        moments.sum_ww as sum_wwyx
    from quantiles
    inner join period_waves
        on quantiles.period_key = period_waves.period_key
    inner join moments
        on
            period_waves.wave_key = moments.wave_key
            and quantiles.variable_key = moments.variable_key
            and quantiles.segment_value_key = moments.segment_value_key
            and quantiles.quantile_value >= moments.answer_value
            and (
                period_waves.period_end is null
                or moments.moment_date between period_waves.period_start and period_waves.period_end
            )
),

final as (
    select
        -- keys
        period_key,
        score_key,
        segment_value_key,
        unit_key,

        -- weighted totals of the numerator, its square, and its product with the denominator
        sum(sum_wy) as total_y,
        sum(sum_wyy) as sum_wyy,
        sum(sum_wyx) as sum_wyx,

        -- the same for PSUs of one respondent each: sums of squares and products over them
        sum(sum_wwyy) as sum_wwyy,
        sum(sum_wwyx) as sum_wwyx
    from by_period
    group by
        period_key,
        score_key,
        segment_value_key,
        unit_key
)

select * from final
