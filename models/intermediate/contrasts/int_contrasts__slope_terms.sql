/*
    The slope of a series by least squares, as a sum of its waves' estimates times coefficients.
    1. Per year of the waves' dates, weighted with the inverse variances; equal weights where a wave has no variance
       or one of zero.
    2. Through the waves that are shown, and two at least.
    3. Where a bridge lies between a wave and the last, its estimate is multiplied with the bridge's factor.
*/
with

series as (
    select * from {{ ref('int_comparisons__series') }}
),

bridge_factors as (
    select * from {{ ref('int_comparisons__bridge_factors') }}
),

statistics as (
    select *
    from {{ ref('int_estimates__estimates') }}
    where
        period_grain = 'wave'
        and estimate is not null
),

shown as (
    select *
    from {{ ref('int_published__estimates') }}
    where is_shown
),

timed as (
    select
        statistics.study_id,
        series.wave_set_id as set_wave_id,
        statistics.measure_id,
        statistics.category_code,
        statistics.segment_id,
        statistics.segment_code as contrast_code,
        statistics.cell_key,
        coalesce(bridge_factors.bridge_factor, 1) as factor,
        statistics.estimate * coalesce(bridge_factors.bridge_factor, 1) as estimate,
        statistics.variance * power(coalesce(bridge_factors.bridge_factor, 1), 2) as variance,
        {{ dbt.datediff(
            "cast('2000-01-01' as date)", 'series.wave_date', 'day'
        ) }} / 365.25 as years
    from series
    inner join statistics
        on
            series.study_id = statistics.study_id
            and series.wave_id = statistics.wave_id
            and series.measure_id = statistics.measure_id
    inner join shown
        on statistics.cell_key = shown.cell_key
    left join bridge_factors
        on
            series.study_id = bridge_factors.study_id
            and series.measure_id = bridge_factors.measure_id
            and series.wave_id = bridge_factors.earlier_wave_id
            and series.last_wave_id = bridge_factors.later_wave_id
),

counted as (
    select
        *,
        count(*) over slope as n_waves,
        sum(case when variance > 0 then 0 else 1 end) over slope as n_without_variance
    from timed
    window slope as (
        partition by
            study_id, set_wave_id, measure_id, category_code, segment_id, contrast_code
    )
),

weighted as (
    select
        *,
        case when n_without_variance > 0 then 1 else 1 / nullif(variance, 0) end as wave_weight
    from counted
    where n_waves > 1
),

centred as (
    select
        *,
        years - sum(wave_weight * years) over slope / sum(wave_weight) over slope as computed_years
    from weighted
    window slope as (
        partition by
            study_id, set_wave_id, measure_id, category_code, segment_id, contrast_code
    )
),

-- a wave in the very middle has no part in the slope
rounded as (
    select
        *,
        case when abs(computed_years) < 1e-11 then 0 else computed_years end as years_from_mean
    from centred
),

sloped as (
    select
        *,
        wave_weight * years_from_mean
        / nullif(sum(wave_weight * years_from_mean * years_from_mean) over slope, 0) as slope_weight
    from rounded
    window slope as (
        partition by
            study_id, set_wave_id, measure_id, category_code, segment_id, contrast_code
    )
),

final as (
    select
        -- keys
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        cell_key,

        -- what the estimate adds
        slope_weight * estimate as value_part,
        slope_weight * factor as coefficient
    from sloped
)

select * from final
