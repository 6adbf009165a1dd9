/*
    Everything that is compared, as a sum of estimates times coefficients: one row per contrast and estimate.
    1. `value_part` is what the estimate adds to the contrast's value, `coefficient` the derivative by it; they
       differ only for indices, which are no sums.
    2. `change`: later less earlier wave. `segment`: one value of a segment less another. `index`: 100 times
       the ratio to the base wave. `slope`: per year of the waves' dates, by least squares weighted with the
       inverse variances, through the waves that are shown; equal weights where a wave has no variance or
       one of zero.
    3. Where a bridge lies between the waves, estimates before it are multiplied with its factor.
    4. `set_wave_id` names the waves involved, and `contrast_code` the value or values of the segment.
*/
with

wave_pairs as (
    select * from {{ ref('int_comparisons__wave_pairs') }}
),

bridge_factors as (
    select * from {{ ref('int_comparisons__bridge_factors') }}
),

index_pairs as (
    select * from {{ ref('int_comparisons__index_pairs') }}
),

series as (
    select * from {{ ref('int_comparisons__series') }}
),

segment_contrasts as (
    select * from {{ ref('stg_codebook__segment_contrasts') }}
),

statistics as (
    select *
    from {{ ref('int_estimates__estimates') }}
    where period_grain = 'wave'
),

published as (
    select *
    from {{ ref('int_published__estimates') }}
    where
        period_grain = 'wave'
        and is_shown
),

pairs as (
    select distinct
        study_id,
        measure_id,
        wave_set_id,
        from_wave_id,
        to_wave_id
    from wave_pairs
),

changes as (
    select
        'change' as contrast_kind,
        later.study_id,
        pairs.wave_set_id as set_wave_id,
        later.measure_id,
        later.category_code,
        later.segment_id,
        later.segment_code as contrast_code,
        pairs.from_wave_id,
        pairs.to_wave_id,
        later.estimate as later_estimate,
        earlier.estimate as earlier_estimate,
        -- of the two, the one that comes first in time is bridged
        coalesce(later_bridges.bridge_factor, 1) as later_factor,
        coalesce(earlier_bridges.bridge_factor, 1) as earlier_factor
    from pairs
    inner join statistics as later
        on
            pairs.study_id = later.study_id
            and pairs.to_wave_id = later.wave_id
            and pairs.measure_id = later.measure_id
    inner join statistics as earlier
        on
            pairs.study_id = earlier.study_id
            and pairs.from_wave_id = earlier.wave_id
            and later.measure_id = earlier.measure_id
            and later.category_code = earlier.category_code
            and later.segment_id = earlier.segment_id
            and later.segment_code = earlier.segment_code
    left join bridge_factors as later_bridges
        on
            pairs.study_id = later_bridges.study_id
            and pairs.measure_id = later_bridges.measure_id
            and pairs.to_wave_id = later_bridges.earlier_wave_id
            and pairs.from_wave_id = later_bridges.later_wave_id
    left join bridge_factors as earlier_bridges
        on
            pairs.study_id = earlier_bridges.study_id
            and pairs.measure_id = earlier_bridges.measure_id
            and pairs.from_wave_id = earlier_bridges.earlier_wave_id
            and pairs.to_wave_id = earlier_bridges.later_wave_id
),

change_terms as (
    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        to_wave_id as wave_id,
        contrast_code as segment_code,
        later_factor * later_estimate as value_part,
        cast(later_factor as {{ type_number() }}) as coefficient
    from changes

    union all

    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        from_wave_id as wave_id,
        contrast_code as segment_code,
        -earlier_factor * earlier_estimate as value_part,
        cast(-earlier_factor as {{ type_number() }}) as coefficient
    from changes
),

segment_pairs as (
    select
        'segment' as contrast_kind,
        compared.study_id,
        compared.wave_id,
        compared.measure_id,
        compared.category_code,
        compared.segment_id,
        compared.segment_code,
        reference.segment_code as reference_segment_code,
        compared.segment_code || '-' || reference.segment_code as contrast_code,
        compared.estimate,
        reference.estimate as reference_estimate
    from segment_contrasts
    inner join statistics as compared
        on
            segment_contrasts.segment_id = compared.segment_id
            and segment_contrasts.segment_code = compared.segment_code
    inner join statistics as reference
        on
            segment_contrasts.segment_id = reference.segment_id
            and segment_contrasts.reference_segment_code = reference.segment_code
            and compared.study_id = reference.study_id
            and compared.wave_id = reference.wave_id
            and compared.measure_id = reference.measure_id
            and compared.category_code = reference.category_code
),

segment_terms as (
    select
        contrast_kind,
        study_id,
        wave_id as set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        wave_id,
        segment_code,
        estimate as value_part,
        cast(1 as {{ type_number() }}) as coefficient
    from segment_pairs

    union all

    select
        contrast_kind,
        study_id,
        wave_id as set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        wave_id,
        reference_segment_code as segment_code,
        -reference_estimate as value_part,
        cast(-1 as {{ type_number() }}) as coefficient
    from segment_pairs
),

indices as (
    select
        'index' as contrast_kind,
        later.study_id,
        index_pairs.wave_set_id as set_wave_id,
        later.measure_id,
        later.category_code,
        later.segment_id,
        later.segment_code as contrast_code,
        index_pairs.base_wave_id,
        index_pairs.wave_id,
        later.estimate,
        base.estimate as base_estimate,
        coalesce(later_bridges.bridge_factor, 1) / coalesce(base_bridges.bridge_factor, 1)
            as factor
    from index_pairs
    inner join statistics as later
        on
            index_pairs.study_id = later.study_id
            and index_pairs.wave_id = later.wave_id
            and index_pairs.measure_id = later.measure_id
    inner join statistics as base
        on
            index_pairs.study_id = base.study_id
            and index_pairs.base_wave_id = base.wave_id
            and later.measure_id = base.measure_id
            and later.category_code = base.category_code
            and later.segment_id = base.segment_id
            and later.segment_code = base.segment_code
    left join bridge_factors as later_bridges
        on
            index_pairs.study_id = later_bridges.study_id
            and index_pairs.measure_id = later_bridges.measure_id
            and index_pairs.wave_id = later_bridges.earlier_wave_id
            and index_pairs.base_wave_id = later_bridges.later_wave_id
    left join bridge_factors as base_bridges
        on
            index_pairs.study_id = base_bridges.study_id
            and index_pairs.measure_id = base_bridges.measure_id
            and index_pairs.base_wave_id = base_bridges.earlier_wave_id
            and index_pairs.wave_id = base_bridges.later_wave_id
    -- relative to nothing, or to a balance below zero, there is no index
    where base.estimate > 0
),

index_terms as (
    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        wave_id,
        contrast_code as segment_code,
        100 * factor * estimate / base_estimate as value_part,
        100 * factor / base_estimate as coefficient
    from indices

    union all

    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        base_wave_id as wave_id,
        contrast_code as segment_code,
        0 as value_part,
        -100 * factor * estimate / base_estimate / base_estimate as coefficient
    from indices
),

timed as (
    select
        series.study_id,
        series.wave_set_id,
        statistics.measure_id,
        statistics.category_code,
        statistics.segment_id,
        statistics.segment_code,
        statistics.wave_id,
        statistics.estimate * coalesce(bridge_factors.bridge_factor, 1) as estimate,
        coalesce(bridge_factors.bridge_factor, 1) as factor,
        {{ dbt.datediff(
            "cast('2000-01-01' as date)", 'series.wave_date', 'day'
        ) }} / 365.25 as years,
        statistics.variance * power(coalesce(bridge_factors.bridge_factor, 1), 2) as variance,
        count(*) over (
            partition by
                series.study_id,
                series.wave_set_id,
                statistics.measure_id,
                statistics.category_code,
                statistics.segment_id,
                statistics.segment_code
        ) as n_waves,
        sum(case when statistics.variance > 0 then 0 else 1 end) over (
            partition by
                series.study_id,
                series.wave_set_id,
                statistics.measure_id,
                statistics.category_code,
                statistics.segment_id,
                statistics.segment_code
        ) as n_without_variance
    from series
    inner join statistics
        on
            series.study_id = statistics.study_id
            and series.wave_id = statistics.wave_id
            and series.measure_id = statistics.measure_id
    inner join published
        on
            statistics.study_id = published.study_id
            and statistics.wave_id = published.wave_id
            and statistics.measure_id = published.measure_id
            and statistics.category_code = published.category_code
            and statistics.segment_id = published.segment_id
            and statistics.segment_code = published.segment_code
    left join bridge_factors
        on
            series.study_id = bridge_factors.study_id
            and series.measure_id = bridge_factors.measure_id
            and series.wave_id = bridge_factors.earlier_wave_id
            and series.last_wave_id = bridge_factors.later_wave_id
    where statistics.estimate is not null
),

weighted as (
    select
        *,
        case when n_without_variance > 0 then 1 else 1 / nullif(variance, 0) end as wave_weight
    from timed
    where n_waves > 1
),

centred as (
    select
        *,
        years - sum(wave_weight * years) over (
            partition by study_id, wave_set_id, measure_id, category_code, segment_id, segment_code
        ) / sum(wave_weight) over (
            partition by study_id, wave_set_id, measure_id, category_code, segment_id, segment_code
        ) as computed_years
    from weighted
),

-- a wave in the very middle has no part in the slope
rounded as (
    select
        *,
        case when abs(computed_years) < 1e-11 then 0 else computed_years end as years_from_mean
    from centred
),

slope_coefficients as (
    select
        *,
        wave_weight * years_from_mean / nullif(
            sum(wave_weight * years_from_mean * years_from_mean) over (
                partition by
                    study_id,
                    wave_set_id,
                    measure_id,
                    category_code,
                    segment_id,
                    segment_code
            ), 0
        ) as coefficient
    from rounded
),

slope_terms as (
    select
        'slope' as contrast_kind,
        study_id,
        wave_set_id as set_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code as contrast_code,
        wave_id,
        segment_code,
        coefficient * estimate as value_part,
        coefficient * factor as coefficient
    from slope_coefficients
),

united as (
    select * from change_terms
    union all
    select * from segment_terms
    union all
    select * from index_terms
    union all
    select * from slope_terms
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

final as (
    select
        -- keys
        united.contrast_kind,
        united.study_id,
        united.set_wave_id,
        united.measure_id,
        united.category_code,
        united.segment_id,
        united.contrast_code,
        united.wave_id,
        united.segment_code,

        -- design: where the waves of one sample are looked at together
        case when united.contrast_kind = 'segment' then 'wave' else 'wave_set' end as set_grain,
        waves.sample_id,

        -- what the estimate adds
        united.value_part,
        united.coefficient,
        statistics.cell_key,
        statistics.influence_scale,
        statistics.estimate,
        statistics.variance,

        -- estimates of one sample have covariances
        count(*) over (
            partition by
                united.contrast_kind,
                united.study_id,
                united.set_wave_id,
                united.measure_id,
                united.category_code,
                united.segment_id,
                united.contrast_code,
                waves.sample_id
        ) as n_estimates
    from united
    inner join waves
        on
            united.study_id = waves.study_id
            and united.wave_id = waves.wave_id
    inner join statistics
        on
            united.study_id = statistics.study_id
            and united.wave_id = statistics.wave_id
            and united.measure_id = statistics.measure_id
            and united.category_code = statistics.category_code
            and united.segment_id = statistics.segment_id
            and united.segment_code = statistics.segment_code
)

select * from final
