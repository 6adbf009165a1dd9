/*
    Which variances are known (docs: method, formula 2).
    1. A mean, share, ratio or quantile of people of one PSU, or of one respondent, has none: its z add up to zero by
       construction, whatever the people outside of the sample are like. A total has one, but in a sample of one PSU.
    2. People of one PSU in each of several strata have one, but no degrees of freedom of their own: it is kept
       and marked. So is a standardised estimate of which a group lies in one PSU.
    3. Replicate weights do not tell the PSUs. There, one respondent has no error; nor has an estimate that no
       replicate moves though its answers differ: weights that rise and fall together are those of one PSU. What
       is below a millionth of a simple random sample's variance is the rounding of delivered weights.
*/
with

points as (
    select * from {{ ref('int_estimates__point_estimates') }}
),

variances as (
    select * from {{ ref('int_estimates__variances') }}
),

domain_degrees as (
    select * from {{ ref('int_estimates__domain_degrees') }}
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

placed as (
    select
        points.cell_key,
        variances.variance,
        domain_degrees.domain_degrees_of_freedom,
        domain_degrees.n_psus_of_smallest_group,
        case
            when points.measure_kind = 'total' then coalesce(periods.n_psus, 0) = 1
            when domain_degrees.n_domain_psus is not null then domain_degrees.n_domain_psus = 1
            else
                points.n_respondents = 1
                or coalesce(variances.variance < 1e-6 * points.simple_random_variance, false)
        end as is_error_unknown
    from points
    inner join variances
        on points.cell_key = variances.cell_key
    left join domain_degrees
        on points.cell_key = domain_degrees.cell_key
    left join periods
        on
            points.period_key = periods.period_key
            and points.weight_key = periods.weight_key
),

final as (
    select
        -- keys
        cell_key,

        -- null where it is not known
        case when not is_error_unknown then variance end as variance,
        is_error_unknown,
        case
            when is_error_unknown
                then 'Error not known: all answers are from one sampling unit (PSU)'
            when variance is null
                then 'Error not known: each stratum has one sampling unit (PSU) only'
            when domain_degrees_of_freedom < 1
                then 'Error rests on one sampling unit (PSU) in each stratum'
            when n_psus_of_smallest_group = 1
                then 'Error of a group of the standard population not known: it is one PSU'
        end as error_reason
    from placed
)

select * from final
