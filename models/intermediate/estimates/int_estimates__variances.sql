with

points as (
    select * from {{ ref('int_estimates__points') }}
),

bases as (
    select * from {{ ref('int_moments__stratum_bases') }}
),

scores as (
    select * from {{ ref('int_moments__stratum_scores') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
),

-- z = w d (y - R x) / X, summed over the PSUs of a stratum, and its square
linearised as (
    select
        points.study_id,
        points.wave_id,
        points.period_grain,
        points.period_start,
        points.measure_id,
        points.category_code,
        points.segment_id,
        points.segment_code,
        strata.stratum_id,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu,
        (
            coalesce(scores.sum_y, 0) - points.centred_estimate * bases.sum_x
        ) / points.sum_of_weights as sum_z,
        (
            coalesce(scores.sum_yy, 0)
            - 2 * points.centred_estimate * coalesce(scores.sum_yx, 0)
            + points.centred_estimate * points.centred_estimate * bases.sum_xx
        ) / points.sum_of_weights / points.sum_of_weights as sum_zz
    from points
    inner join bases
        on
            points.study_id = bases.study_id
            and points.wave_id = bases.wave_id
            and points.period_grain = bases.period_grain
            and points.period_start = bases.period_start
            and points.measure_id = bases.measure_id
            and points.segment_id = bases.segment_id
            and points.segment_code = bases.segment_code
    inner join strata
        on
            bases.study_id = strata.study_id
            and bases.wave_id = strata.wave_id
            and bases.stratum_id = strata.stratum_id
    left join scores
        on
            points.study_id = scores.study_id
            and points.wave_id = scores.wave_id
            and points.period_grain = scores.period_grain
            and points.period_start = scores.period_start
            and points.measure_id = scores.measure_id
            and points.category_code = scores.category_code
            and points.segment_id = scores.segment_id
            and points.segment_code = scores.segment_code
            and bases.stratum_id = scores.stratum_id
),

stratum_variances as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        n_psus,
        sampling_fraction,
        lonely_psu,
        {{ stratum_variance(
            'sum_zz', 'sum_z', 'n_psus', 'sampling_fraction', 'lonely_psu'
        ) | indent(8) }} as stratum_variance
    from linearised
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,

        -- null where no stratum has an error
        sum(stratum_variance)
        * {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as variance
    from stratum_variances
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code
)

select * from final
