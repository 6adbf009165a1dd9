/*
    A share has an interval on the logit scale; one of exactly 0 or 1 has none there, and gets the exact
    (Korn-Graubard with n) one, which has a closed form at these two points. A mean has a t interval.
*/
with

statistics as (
    select * from {{ ref('int_estimates__statistics') }}
),

t_quantiles as (
    select * from {{ ref('int_design__t_quantiles') }}
),

quantile_bounds as (
    select * from {{ ref('int_estimates__quantile_bounds') }}
),

chosen as (
    select
        statistics.*,
        t_quantiles.t_quantile,
        quantile_bounds.ci_lower as quantile_lower,
        quantile_bounds.ci_upper as quantile_upper,
        case
            when statistics.measure_kind = 'quantile' then 'woodruff'
            when statistics.measure_kind not in ('share', 'net', 'share_of_cases') then 't'
            when statistics.estimate <= 0 or statistics.estimate >= 1 then 'korn_graubard'
            else 'logit'
        end as ci_method
    from statistics
    left join t_quantiles
        on
            statistics.degrees_of_freedom = t_quantiles.degrees_of_freedom
            and statistics.ci_level = t_quantiles.ci_level
    left join quantile_bounds
        on
            statistics.study_id = quantile_bounds.study_id
            and statistics.wave_id = quantile_bounds.wave_id
            and statistics.period_grain = quantile_bounds.period_grain
            and statistics.period_start = quantile_bounds.period_start
            and statistics.measure_id = quantile_bounds.measure_id
            and statistics.category_code = quantile_bounds.category_code
            and statistics.segment_id = quantile_bounds.segment_id
            and statistics.segment_code = quantile_bounds.segment_code
),

widened as (
    select
        *,
        case when ci_method = 'logit' then ln(estimate / (1 - estimate)) end as logit,
        case
            when ci_method = 'logit' then t_quantile * standard_error / (estimate * (1 - estimate))
        end as logit_half_width,
        power((1 - ci_level) / 2, 1.0 / n_respondents) as exact_bound
    from chosen
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

        -- interval
        ci_level,
        case
            when ci_method = 'woodruff' then quantile_lower
            when ci_method = 't' then estimate - t_quantile * standard_error
            when ci_method = 'logit' then {{ expit('logit - logit_half_width') | indent(12) }}
            when estimate <= 0 then 0
            else exact_bound
        end as ci_lower,
        case
            when ci_method = 'woodruff' then quantile_upper
            when ci_method = 't' then estimate + t_quantile * standard_error
            when ci_method = 'logit' then {{ expit('logit + logit_half_width') | indent(12) }}
            when estimate >= 1 then 1
            else 1 - exact_bound
        end as ci_upper,
        ci_method
    from widened
)

select * from final
