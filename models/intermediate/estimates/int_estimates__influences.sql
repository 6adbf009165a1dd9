/*
    What each PSU adds to an estimate: z = w d (y - R x) / X and its like, summed over the PSU. Every error in
    this warehouse is made of these: of an estimate, and of anything that is linear in estimates (changes,
    contrasts, slopes), where the z of one PSU are added before they are squared (docs: method).
    Of PSUs of one respondent each, only the sums of z and of its square are kept.
*/
with

bases as (
    select *
    from {{ ref('int_moments__psu_bases') }}
    where not is_replicate
),

scores as (
    select *
    from {{ ref('int_moments__psu_scores') }}
    where not is_replicate
),

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

replicates as (
    select * from {{ ref('int_estimates__replicates') }}
),

taylor_samples as (
    select distinct
        study_id,
        wave_id,
        period_grain,
        period_start,
        sample_id
    from {{ ref('int_design__strata') }}
    where not is_replicate
),

by_group as (
    select
        coefficients.study_id,
        coefficients.wave_id,
        coefficients.period_grain,
        coefficients.period_start,
        coefficients.measure_id,
        coefficients.category_code,
        coefficients.segment_id,
        coefficients.segment_code,
        bases.sample_id,
        bases.stratum_id,
        bases.psu_id,
        bases.is_own_psu,
        coefficients.coefficient_y * coalesce(scores.total_y, 0) as y_part,
        coefficients.coefficient_x * bases.total_x as x_part,
        coefficients.coefficient_y * coefficients.coefficient_y
        * coalesce(scores.sum_wwyy, 0)
        + coefficients.coefficient_x * coefficients.coefficient_x * bases.sum_wwxx as outer_parts,
        2 * coefficients.coefficient_y * coefficients.coefficient_x
        * coalesce(scores.sum_wwyx, 0) as middle_part
    from coefficients
    inner join bases
        on
            coefficients.study_id = bases.study_id
            and coefficients.wave_id = bases.wave_id
            and coefficients.period_grain = bases.period_grain
            and coefficients.period_start = bases.period_start
            and coefficients.measure_id = bases.measure_id
            and coefficients.segment_id = bases.segment_id
            and coefficients.segment_code = bases.segment_code
            and coefficients.standard_code = bases.standard_code
            and coefficients.denominator_code = bases.denominator_code
    inner join taylor_samples
        on
            bases.study_id = taylor_samples.study_id
            and bases.wave_id = taylor_samples.wave_id
            and bases.period_grain = taylor_samples.period_grain
            and bases.period_start = taylor_samples.period_start
            and bases.sample_id = taylor_samples.sample_id
    left join scores
        on
            coefficients.study_id = scores.study_id
            and coefficients.wave_id = scores.wave_id
            and coefficients.period_grain = scores.period_grain
            and coefficients.period_start = scores.period_start
            and coefficients.measure_id = scores.measure_id
            and coefficients.category_code = scores.category_code
            and coefficients.segment_id = scores.segment_id
            and coefficients.segment_code = scores.segment_code
            and coefficients.standard_code = scores.standard_code
            and bases.sample_id = scores.sample_id
            and bases.stratum_id = scores.stratum_id
            and bases.psu_id = scores.psu_id
),

-- parts that take each other away: what is left below their digits is rounding, and zero
by_psu as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        case
            when abs(sum(y_part) + sum(x_part)) < 1e-13 * (sum(abs(y_part)) + sum(abs(x_part)))
                then 0
            else sum(y_part) + sum(x_part)
        end as sum_z,
        case
            when sum(outer_parts) + sum(middle_part) < 1e-13 * sum(outer_parts) then 0
            else sum(outer_parts) + sum(middle_part)
        end as sum_zz
    from by_group
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu
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
        sample_id,
        stratum_id,
        psu_id,

        -- sum and sum of squares over the PSU
        sum_z,
        case when is_own_psu then sum_zz else sum_z * sum_z end as sum_zz
    from by_psu

    union all

    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        'replicate' as stratum_id,
        psu_id,
        deviation as sum_z,
        deviation * deviation as sum_zz
    from replicates
)

select * from final
