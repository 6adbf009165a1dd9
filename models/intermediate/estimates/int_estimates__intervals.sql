/*
    Every method of docs: method, formula 4; exact bounds come from int_estimates__exact_bounds, but for
    shares of 0 and 1, where they have a closed form, and those of quantiles from their own model. Without an error (`wilson`: c of 0, `logit`: a half
    width of 0) an interval is the estimate itself.
*/
with

choices as (
    select * from {{ ref('int_estimates__interval_choices') }}
),

exact_bounds as (
    select * from {{ ref('int_estimates__exact_bounds') }}
),

quantile_bounds as (
    select * from {{ ref('int_estimates__quantile_bounds') }}
),

widened as (
    select
        choices.*,
        exact_bounds.lower_bound,
        exact_bounds.upper_bound,
        quantile_bounds.ci_lower as quantile_lower,
        quantile_bounds.ci_upper as quantile_upper,
        case
            when choices.ci_method = 'logit' then ln(choices.estimate / (1 - choices.estimate))
        end as logit,
        case
            when choices.ci_method = 'logit'
                then
                    choices.t_quantile * choices.standard_error
                    / (choices.estimate * (1 - choices.estimate))
        end as logit_half_width,
        -- squared quantile over effective base
        case
            when choices.ci_method = 'wilson'
                then
                    power(choices.t_quantile * choices.standard_error, 2)
                    / (choices.estimate * (1 - choices.estimate))
        end as c,
        case
            when choices.estimate <= 0 or choices.estimate >= 1
                then power((1 - choices.ci_level) / 2, 1 / choices.exact_base)
        end as certain_bound
    from choices
    left join exact_bounds
        on
            choices.exact_base = exact_bounds.exact_base
            and choices.estimate = exact_bounds.estimate
            and choices.ci_level = exact_bounds.ci_level
    left join quantile_bounds
        on choices.cell_key = quantile_bounds.cell_key
),

final as (
    select
        -- keys
        cell_key,

        -- interval
        ci_level,
        case
            when ci_method = 'woodruff' then quantile_lower
            when ci_method = 't' then estimate - t_quantile * standard_error
            when ci_method = 'logit' then {{ expit('logit - logit_half_width') | indent(12) }}
            when ci_method = 'wilson'
                then (estimate + c / 2 - sqrt(c * estimate * (1 - estimate) + c * c / 4)) / (1 + c)
            when exact_base is null then null
            when estimate <= 0 then 0
            when estimate >= 1 then certain_bound
            else lower_bound
        end as ci_lower,
        case
            when ci_method = 'woodruff' then quantile_upper
            when ci_method = 't' then estimate + t_quantile * standard_error
            when ci_method = 'logit' then {{ expit('logit + logit_half_width') | indent(12) }}
            when ci_method = 'wilson'
                then (estimate + c / 2 + sqrt(c * estimate * (1 - estimate) + c * c / 4)) / (1 + c)
            when exact_base is null then null
            when estimate <= 0 then 1 - certain_bound
            when estimate >= 1 then 1
            else upper_bound
        end as ci_upper,
        ci_method
    from widened
)

select * from final
