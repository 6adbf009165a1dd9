/*
    Interval of a quantile by Woodruff's method: the t interval of the share at or below it, taken back through
    the distribution function; the error is the width of that interval in t quantiles, twice. As in R, a bound
    is not defined where the interval of the share leaves 0 to 1.
*/
with

points as (
    select *
    from {{ ref('int_estimates__point_estimates') }}
    where measure_kind = 'quantile'
),

variances as (
    select * from {{ ref('int_estimates__errors') }}
),

quantiles as (
    select * from {{ ref('int_moments__quantiles') }}
),

distributions as (
    select * from {{ ref('int_moments__distributions') }}
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

t_quantiles as (
    select * from {{ ref('int_design__t_quantiles') }}
),

shares as (
    select
        points.cell_key,
        points.period_key,
        points.score_key,
        points.segment_value_key,
        t_quantiles.t_quantile,
        sqrt(variances.variance) as share_error,
        points.estimate - t_quantiles.t_quantile * sqrt(variances.variance) as lower_share,
        points.estimate + t_quantiles.t_quantile * sqrt(variances.variance) as upper_share
    from points
    inner join variances
        on points.cell_key = variances.cell_key
    inner join periods
        on
            points.period_key = periods.period_key
            and points.weight_key = periods.weight_key
    inner join studies
        on points.study_id = studies.study_id
    left join t_quantiles
        on
            periods.degrees_of_freedom = t_quantiles.degrees_of_freedom
            and studies.ci_level = t_quantiles.ci_level
),

bounds as (
    select
        shares.cell_key,
        shares.period_key,
        shares.score_key,
        shares.segment_value_key,
        shares.t_quantile,
        shares.share_error,
        min(
            case
                when
                    shares.lower_share >= -1e-12
                    and distributions.share_at_or_below >= shares.lower_share - 1e-12
                    then distributions.answer_value
            end
        ) as ci_lower,
        min(
            case
                when
                    shares.upper_share <= 1 + 1e-12
                    and distributions.share_at_or_below >= shares.upper_share - 1e-12
                    then distributions.answer_value
            end
        ) as ci_upper
    from shares
    inner join distributions
        on
            shares.period_key = distributions.period_key
            and shares.score_key = distributions.score_key
            and shares.segment_value_key = distributions.segment_value_key
    group by
        shares.cell_key,
        shares.period_key,
        shares.score_key,
        shares.segment_value_key,
        shares.t_quantile,
        shares.share_error
),

final as (
    select
        -- keys
        bounds.cell_key,

        -- quantile, its interval and error
        quantiles.quantile_value,
        bounds.ci_lower,
        bounds.ci_upper,
        (bounds.ci_upper - bounds.ci_lower) / 2 / bounds.t_quantile as standard_error,
        -- what one unit of the share is worth in units of the quantile
        case
            when bounds.share_error > 0
                then
                    -(bounds.ci_upper - bounds.ci_lower) / 2 / bounds.t_quantile
                    / bounds.share_error
            when bounds.ci_upper = bounds.ci_lower then 0
        end as influence_scale
    from bounds
    inner join quantiles
        on
            bounds.period_key = quantiles.period_key
            and bounds.score_key = quantiles.score_key
            and bounds.segment_value_key = quantiles.segment_value_key
)

select * from final
