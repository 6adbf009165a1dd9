/*
    Deviation of each replicate's estimate, times the root of its factor: the sum of their squares is the
    variance (docs: method, formula 10). Where a period pools samples, a replicate replaces the
    sums of its own sample only.
*/
with

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

group_totals as (
    select * from {{ ref('int_estimates__group_totals') }}
),

points as (
    select * from {{ ref('int_estimates__point_estimates') }}
),

units as (
    select * from {{ ref('int_design__units') }}
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
        strata.period_key,
        strata.sample_key,
        strata.stratum_key,
        units.unit_key,
        design_replicates.replicate_factor,
        design_replicates.replicate_centre
    from strata
    inner join design_replicates
        on
            strata.design_id = design_replicates.design_id
            and strata.weight_id = design_replicates.weight_id
    inner join units
        on
            strata.stratum_key = units.stratum_key
            and design_replicates.psu_id = units.psu_id
    where units.is_replicate
),

samples as (
    select distinct
        period_key,
        sample_key
    from sample_replicates
),

parts as (
    select
        parts.period_key,
        parts.part_key,
        parts.is_of_quantiles
    from {{ ref('int_design__parts') }} as parts
    inner join samples
        on
            parts.period_key = samples.period_key
            and parts.sample_key = samples.sample_key
),

part_waves as (
    {{ part_waves_of('parts') | indent(4) }}
),

part_sums as (
    {{ psu_sums('part_waves') | indent(4) }}
),

quantile_scores as (
    select distinct score_key
    from {{ ref('int_measures__denominators') }}
    where measure_kind = 'quantile'
),

by_psu as (
    select
        parts.period_key,
        part_sums.*
    from part_sums
    inner join parts
        on part_sums.part_key = parts.part_key
    left join quantile_scores
        on part_sums.score_key = quantile_scores.score_key
    where parts.is_of_quantiles = (quantile_scores.score_key is not null)
),

full_sums as (
    select
        by_psu.period_key,
        by_psu.score_key,
        by_psu.segment_value_key,
        samples.sample_key,
        sum(by_psu.total_x) as total_x,
        sum(by_psu.total_y) as total_y
    from by_psu
    inner join units
        on by_psu.unit_key = units.unit_key
    inner join samples
        on
            by_psu.period_key = samples.period_key
            and units.sample_key = samples.sample_key
    where not units.is_replicate
    group by
        by_psu.period_key,
        by_psu.score_key,
        by_psu.segment_value_key,
        samples.sample_key
),

replaced as (
    select
        coefficients.cell_key,
        coefficients.period_key,
        coefficients.measure_kind,
        coefficients.is_standardised,
        coefficients.population_share,
        coefficients.origin,
        sample_replicates.sample_key,
        sample_replicates.stratum_key,
        sample_replicates.unit_key,
        sample_replicates.replicate_factor,
        sample_replicates.replicate_centre,
        group_totals.total_y - full_sums.total_y
        + coalesce(by_psu.total_y, 0) as total_y,
        -- nothing left but rounding is nobody
        case
            when
                abs(group_totals.total_x - full_sums.total_x + coalesce(by_psu.total_x, 0))
                > 1e-13 * abs(group_totals.total_x)
                then group_totals.total_x - full_sums.total_x + coalesce(by_psu.total_x, 0)
            else 0
        end as total_x
    from coefficients
    inner join group_totals
        on
            coefficients.cell_key = group_totals.cell_key
            and coefficients.score_key = group_totals.score_key
    inner join sample_replicates
        on coefficients.period_key = sample_replicates.period_key
    inner join full_sums
        on
            coefficients.period_key = full_sums.period_key
            and coefficients.score_key = full_sums.score_key
            and coefficients.segment_value_key = full_sums.segment_value_key
            and sample_replicates.sample_key = full_sums.sample_key
    left join by_psu
        on
            coefficients.period_key = by_psu.period_key
            and coefficients.score_key = by_psu.score_key
            and coefficients.segment_value_key = by_psu.segment_value_key
            and sample_replicates.unit_key = by_psu.unit_key
),

estimated as (
    select
        cell_key,
        period_key,
        sample_key,
        stratum_key,
        unit_key,
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
        cell_key,
        period_key,
        sample_key,
        stratum_key,
        unit_key,
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
                ) over (partition by estimated.cell_key, estimated.sample_key)
        end as centre
    from estimated
    inner join points
        on estimated.cell_key = points.cell_key
),

final as (
    select
        -- keys
        cell_key,
        period_key,
        sample_key,
        stratum_key,
        unit_key,

        -- what is left below the digits of the estimate is rounding
        case
            when abs(estimate - centre) < 1e-13 * abs(centre) then 0
            else sqrt(replicate_factor) * (estimate - centre)
        end as deviation
    from centred
    where estimate is not null
)

select * from final
