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

scores as (
    select * from {{ ref('int_measures__scores') }}
),

offered as (
    select * from {{ ref('int_measures__offered') }}
),

quantiles as (
    select * from {{ ref('int_estimates__quantiles') }}
),

period_waves as (
    select *
    from {{ ref('int_design__period_waves') }}
    where period_grain <> 'wave_set'
),

united as (
    select
        moments.study_id,
        moments.wave_id,
        moments.moment_date,
        scores.measure_id,
        '_T' as standard_code,
        scores.category_code,
        moments.segment_id,
        moments.segment_code,
        moments.sample_id,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,
        moments.is_replicate,
        coalesce(scores.score * moments.sum_w, moments.sum_wy) as sum_wy,
        coalesce(scores.score * scores.score * moments.sum_w, moments.sum_wyy) as sum_wyy,
        coalesce(scores.score * moments.sum_w, moments.sum_wy) as sum_wyx,
        coalesce(scores.score * scores.score * moments.sum_ww, moments.sum_wwyy) as sum_wwyy,
        coalesce(scores.score * moments.sum_ww, moments.sum_wwy) as sum_wwyx
    from moments
    inner join scores
        on
            moments.variable_id = scores.variable_id
            and moments.category_code = scores.answer_code
    inner join measures
        on
            scores.measure_id = measures.measure_id
            and moments.base_id = measures.base_id
    where
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'total')
        and measures.standard_population_id is null

    union all

    select
        study_id,
        wave_id,
        moment_date,
        measure_id,
        standard_code,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        is_replicate,
        sum_wy,
        sum_wyy,
        sum_wyx,
        sum_wwyy,
        sum_wwyx
    from value_moments
    where sum_wyy > 0
),

by_period as (
    select
        united.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        united.measure_id,
        united.standard_code,
        united.category_code,
        united.segment_id,
        united.segment_code,
        united.sample_id,
        united.stratum_id,
        united.psu_id,
        united.is_own_psu,
        united.is_replicate,
        united.sum_wy,
        united.sum_wyy,
        united.sum_wyx,
        united.sum_wwyy,
        united.sum_wwyx
    from united
    inner join offered
        on
            united.study_id = offered.study_id
            and united.wave_id = offered.wave_id
            and united.measure_id = offered.measure_id
            and united.category_code = offered.category_code
    inner join period_waves
        on
            united.study_id = period_waves.study_id
            and united.wave_id = period_waves.wave_id
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )

    union all

    -- of a quantile: who is not above it, which is another value in each cell
    select
        quantiles.study_id,
        quantiles.wave_id,
        quantiles.period_grain,
        quantiles.period_start,
        quantiles.measure_id,
        '_T' as standard_code,
        quantiles.category_code,
        quantiles.segment_id,
        quantiles.segment_code,
        moments.sample_id,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,
        moments.is_replicate,
        moments.sum_w as sum_wy,
        moments.sum_w as sum_wyy,
        moments.sum_w as sum_wyx,
        moments.sum_ww as sum_wwyy,
        moments.sum_ww as sum_wwyx
    from quantiles
    inner join measures
        on quantiles.measure_id = measures.measure_id
    inner join period_waves
        on
            quantiles.study_id = period_waves.study_id
            and quantiles.wave_id = period_waves.period_wave_id
            and quantiles.period_grain = period_waves.period_grain
            and quantiles.period_start = period_waves.period_start
    inner join moments
        on
            period_waves.study_id = moments.study_id
            and period_waves.wave_id = moments.wave_id
            and measures.variable_id = moments.variable_id
            and measures.base_id = moments.base_id
            and quantiles.segment_id = moments.segment_id
            and quantiles.segment_code = moments.segment_code
            and quantiles.quantile_value >= moments.answer_value
            and (
                period_waves.period_end is null
                or moments.moment_date between period_waves.period_start and period_waves.period_end
            )
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        standard_code,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        is_replicate,

        -- weighted totals of the numerator, its square, and its product with the denominator
        sum(sum_wy) as total_y,
        sum(sum_wyy) as sum_wyy,
        sum(sum_wyx) as sum_wyx,

        -- the same for PSUs of one respondent each: sums of squares and products over them
        sum(sum_wwyy) as sum_wwyy,
        sum(sum_wwyx) as sum_wwyx
    from by_period
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        standard_code,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        is_replicate
)

select * from final
