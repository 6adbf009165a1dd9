/*
    The effective base of Korn and Graubard, n* = p (1 - p) / V x (t of n - 1 / t of the domain)^2. Unlike other
    intervals it takes the degrees of freedom of the domain (R's svyciprop() does so too).
    1. A share of 0 or 1 has no error of its own; its base is n. None has one where no error is known, nor in a
       domain without degrees of freedom of its own.
    2. Of replicate weights no PSUs are known; the degrees of freedom are those of the wave.
    3. Where V is zero n* has no bound. A quotient beyond 1e18 is the same, with rounding in V.
*/
with

statistics as (
    select * from {{ ref('int_estimates__estimates') }}
),

domain_degrees as (
    select * from {{ ref('int_estimates__domain_degrees') }}
),

levels as (
    select
        ci_level,
        normal_quantile as z
    from {{ ref('stg_reference__confidence_levels') }}
),

tabulated as (
    select * from {{ ref('stg_reference__t_quantiles') }}
),

shares as (
    select
        statistics.*,
        statistics.n_respondents - 1 as base_degrees_of_freedom,
        coalesce(
            domain_degrees.domain_degrees_of_freedom, statistics.degrees_of_freedom
        ) as domain_degrees_of_freedom,
        statistics.estimate <= 0 or statistics.estimate >= 1 as is_certain,
        statistics.variance <= 1e-18 * statistics.estimate * (1 - statistics.estimate)
            as is_without_error
    from statistics
    left join domain_degrees
        on statistics.cell_key = domain_degrees.cell_key
    where {{ is_share_kind('statistics.measure_kind') }}
),

quantiles as (
    select
        shares.*,
        {{ t_quantile(
            'of_base.t_quantile', 'levels.z', 'shares.base_degrees_of_freedom'
        ) | indent(8) }} as base_t_quantile,
        {{ t_quantile(
            'of_domain.t_quantile', 'levels.z', 'shares.domain_degrees_of_freedom'
        ) | indent(8) }} as domain_t_quantile
    from shares
    inner join levels
        on shares.ci_level = levels.ci_level
    left join tabulated as of_base
        on
            shares.ci_level = of_base.ci_level
            and shares.base_degrees_of_freedom = of_base.degrees_of_freedom
    left join tabulated as of_domain
        on
            shares.ci_level = of_domain.ci_level
            and shares.domain_degrees_of_freedom = of_domain.degrees_of_freedom
),

uncapped as (
    select
        *,
        case
            when is_certain then n_respondents
            when not is_without_error
                then
                    estimate * (1 - estimate) / variance
                    * power(base_t_quantile / domain_t_quantile, 2)
        end as uncapped_n
    from quantiles
),

final as (
    select
        -- keys
        cell_key,

        -- bases
        domain_degrees_of_freedom,
        uncapped_n as korn_graubard_n,
        case
            when is_error_unknown or domain_degrees_of_freedom < 1 then null
            when is_without_error or uncapped_n > n_respondents then n_respondents
            else uncapped_n
        end as korn_graubard_capped_n
    from uncapped
)

select * from final
