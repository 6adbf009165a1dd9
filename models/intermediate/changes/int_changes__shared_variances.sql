/*
    Variance of a change between waves that share a sample: d = z(later) - z(earlier) on the union of the
    PSUs of each stratum, zero where a wave has none (docs: method, formula 5).
*/
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

cross_moments as (
    select * from {{ ref('int_moments__wave_pairs') }}
),

pair_strata as (
    select * from {{ ref('int_design__pair_strata') }}
),

-- sums of z and z squared of each wave alone, per stratum
linearised as (
    select
        points.study_id,
        points.wave_id,
        points.measure_id,
        points.category_code,
        points.segment_id,
        points.segment_code,
        bases.stratum_id,
        points.centred_estimate,
        points.sum_of_weights,
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
    where points.period_grain = 'wave'
),

-- both waves of a pair, their z with the sign they have in the change
signed as (
    select
        pair_strata.study_id,
        pair_strata.from_wave_id,
        pair_strata.to_wave_id,
        linearised.measure_id,
        linearised.category_code,
        linearised.segment_id,
        linearised.segment_code,
        linearised.stratum_id,
        pair_strata.n_psus,
        pair_strata.sampling_fraction,
        pair_strata.lonely_psu,
        case
            when linearised.wave_id = pair_strata.to_wave_id then linearised.sum_z
            else -linearised.sum_z
        end as sum_z,
        linearised.sum_zz,
        case
            when linearised.wave_id = pair_strata.from_wave_id
                then linearised.centred_estimate
        end as from_estimate,
        case
            when linearised.wave_id = pair_strata.from_wave_id
                then linearised.sum_of_weights
        end as from_weights,
        case
            when linearised.wave_id = pair_strata.to_wave_id
                then linearised.centred_estimate
        end as to_estimate,
        case
            when linearised.wave_id = pair_strata.to_wave_id
                then linearised.sum_of_weights
        end as to_weights
    from pair_strata
    inner join linearised
        on
            pair_strata.study_id = linearised.study_id
            and pair_strata.stratum_id = linearised.stratum_id
            and linearised.wave_id in (pair_strata.from_wave_id, pair_strata.to_wave_id)
),

paired as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        stratum_id,
        n_psus,
        sampling_fraction,
        lonely_psu,
        sum(sum_z) as sum_z,
        sum(sum_zz) as sum_zz,
        max(from_estimate) as from_estimate,
        max(from_weights) as from_weights,
        max(to_estimate) as to_estimate,
        max(to_weights) as to_weights
    from signed
    group by
        study_id,
        from_wave_id,
        to_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        stratum_id,
        n_psus,
        sampling_fraction,
        lonely_psu
),

differenced as (
    select
        paired.study_id,
        paired.from_wave_id,
        paired.to_wave_id,
        paired.measure_id,
        paired.category_code,
        paired.segment_id,
        paired.segment_code,
        paired.n_psus,
        paired.sampling_fraction,
        paired.lonely_psu,
        paired.sum_z as sum_d,
        paired.sum_zz - 2 * coalesce(
            (
                cross_moments.sum_yy
                - paired.to_estimate * cross_moments.sum_yx
                - paired.from_estimate * cross_moments.sum_xy
                + paired.from_estimate * paired.to_estimate * cross_moments.sum_xx
            ) / paired.from_weights / paired.to_weights,
            0
        ) as sum_dd
    from paired
    left join cross_moments
        on
            paired.study_id = cross_moments.study_id
            and paired.from_wave_id = cross_moments.from_wave_id
            and paired.to_wave_id = cross_moments.to_wave_id
            and paired.measure_id = cross_moments.measure_id
            and paired.category_code = cross_moments.category_code
            and paired.segment_id = cross_moments.segment_id
            and paired.segment_code = cross_moments.segment_code
            and paired.stratum_id = cross_moments.stratum_id
),

stratum_variances as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        n_psus,
        sampling_fraction,
        lonely_psu,
        {{ stratum_variance(
            'sum_dd', 'sum_d', 'n_psus', 'sampling_fraction', 'lonely_psu'
        ) | indent(8) }} as stratum_variance
    from differenced
),

final as (
    select
        -- keys
        study_id,
        from_wave_id,
        to_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,

        sum(stratum_variance)
        * {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as variance
    from stratum_variances
    group by
        study_id,
        from_wave_id,
        to_wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code
)

select * from final
