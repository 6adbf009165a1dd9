/*
    Deviation of each replicate's estimate, times the root of its factor: the sum of their squares is the
    variance (docs: method, formula 10). Where a period pools samples, a replicate replaces the
    sums of its own sample only.
*/
with

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

scores as (
    select * from {{ ref('int_moments__psu_scores') }}
),

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

group_totals as (
    select * from {{ ref('int_estimates__group_totals') }}
),

points as (
    select * from {{ ref('int_estimates__points') }}
),

strata as (
    select *
    from {{ ref('int_design__strata') }}
    where is_replicate
),

design_replicates as (
    select * from {{ ref('int_design__replicates') }}
),

-- each sample with each of its replicates
sample_replicates as (
    select
        strata.study_id,
        strata.wave_id,
        strata.period_grain,
        strata.period_start,
        strata.sample_id,
        design_replicates.psu_id,
        design_replicates.replicate_factor,
        design_replicates.replicate_centre
    from strata
    inner join design_replicates
        on strata.design_id = design_replicates.design_id
),

full_bases as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        denominator_code,
        sample_id,
        sum(total_x) as total_x
    from bases
    where not is_replicate
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        denominator_code,
        sample_id
),

full_scores as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        standard_code,
        sample_id,
        sum(total_y) as total_y
    from scores
    where not is_replicate
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        standard_code,
        sample_id
),

replaced as (
    select
        coefficients.study_id,
        coefficients.wave_id,
        coefficients.period_grain,
        coefficients.period_start,
        coefficients.measure_id,
        coefficients.category_code,
        coefficients.segment_id,
        coefficients.segment_code,
        coefficients.standard_code,
        coefficients.measure_kind,
        coefficients.is_standardised,
        coefficients.population_share,
        coefficients.origin,
        sample_replicates.sample_id,
        sample_replicates.psu_id,
        sample_replicates.replicate_factor,
        sample_replicates.replicate_centre,
        group_totals.total_y - coalesce(full_scores.total_y, 0)
        + coalesce(scores.total_y, 0) as total_y,
        -- nothing left but rounding is nobody
        case
            when
                abs(group_totals.total_x - full_bases.total_x + coalesce(bases.total_x, 0))
                > 1e-13 * abs(group_totals.total_x)
                then group_totals.total_x - full_bases.total_x + coalesce(bases.total_x, 0)
            else 0
        end as total_x
    from coefficients
    inner join group_totals
        on
            coefficients.study_id = group_totals.study_id
            and coefficients.wave_id = group_totals.wave_id
            and coefficients.period_grain = group_totals.period_grain
            and coefficients.period_start = group_totals.period_start
            and coefficients.measure_id = group_totals.measure_id
            and coefficients.category_code = group_totals.category_code
            and coefficients.segment_id = group_totals.segment_id
            and coefficients.segment_code = group_totals.segment_code
            and coefficients.standard_code = group_totals.standard_code
    inner join sample_replicates
        on
            coefficients.study_id = sample_replicates.study_id
            and coefficients.wave_id = sample_replicates.wave_id
            and coefficients.period_grain = sample_replicates.period_grain
            and coefficients.period_start = sample_replicates.period_start
    inner join full_bases
        on
            coefficients.study_id = full_bases.study_id
            and coefficients.wave_id = full_bases.wave_id
            and coefficients.period_grain = full_bases.period_grain
            and coefficients.period_start = full_bases.period_start
            and coefficients.measure_id = full_bases.measure_id
            and coefficients.segment_id = full_bases.segment_id
            and coefficients.segment_code = full_bases.segment_code
            and coefficients.standard_code = full_bases.standard_code
            and coefficients.denominator_code = full_bases.denominator_code
            and sample_replicates.sample_id = full_bases.sample_id
    left join full_scores
        on
            coefficients.study_id = full_scores.study_id
            and coefficients.wave_id = full_scores.wave_id
            and coefficients.period_grain = full_scores.period_grain
            and coefficients.period_start = full_scores.period_start
            and coefficients.measure_id = full_scores.measure_id
            and coefficients.category_code = full_scores.category_code
            and coefficients.segment_id = full_scores.segment_id
            and coefficients.segment_code = full_scores.segment_code
            and coefficients.standard_code = full_scores.standard_code
            and sample_replicates.sample_id = full_scores.sample_id
    left join bases
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
            and sample_replicates.sample_id = bases.sample_id
            and sample_replicates.psu_id = bases.psu_id
            and bases.is_replicate
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
            and sample_replicates.sample_id = scores.sample_id
            and sample_replicates.psu_id = scores.psu_id
            and scores.is_replicate
),

estimated as (
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
        psu_id,
        replicate_factor,
        replicate_centre,
        -- null where a replicate has nobody in the denominator, or in a group of the standard
        -- population: it has no estimate
        case
            when sum(case when population_share > 0 and total_x = 0 then 1 else 0 end) = 0
                then
                    sum(
                        case
                            when is_standardised
                                then population_share * total_y / nullif(total_x, 0)
                            when measure_kind = 'total' then total_y + origin * total_x
                            else total_y / nullif(total_x, 0) + origin
                        end
                    )
        end as estimate
    from replaced
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
        psu_id,
        replicate_factor,
        replicate_centre
),

centred as (
    select
        estimated.*,
        case
            when estimated.replicate_centre = 'full_sample' then points.estimate
            else avg(
                    case when estimated.replicate_factor > 0 then estimated.estimate end
                ) over (
                    partition by
                        estimated.study_id,
                        estimated.wave_id,
                        estimated.period_grain,
                        estimated.period_start,
                        estimated.measure_id,
                        estimated.category_code,
                        estimated.segment_id,
                        estimated.segment_code,
                        estimated.sample_id
                )
        end as centre
    from estimated
    inner join points
        on
            estimated.study_id = points.study_id
            and estimated.wave_id = points.wave_id
            and estimated.period_grain = points.period_grain
            and estimated.period_start = points.period_start
            and estimated.measure_id = points.measure_id
            and estimated.category_code = points.category_code
            and estimated.segment_id = points.segment_id
            and estimated.segment_code = points.segment_code
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
        psu_id,

        -- what is left below the digits of the estimate is rounding
        case
            when abs(estimate - centre) < 1e-13 * abs(centre) then 0
            else sqrt(replicate_factor) * (estimate - centre)
        end as deviation
    from centred
    where estimate is not null
)

select * from final
