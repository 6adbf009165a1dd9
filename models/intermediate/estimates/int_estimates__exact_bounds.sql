/*
    Exact bounds of a share p with n* effective respondents: the quantile at alpha / 2 of a beta variable with
    n* p and n* (1 - p) + 1, and that at 1 - alpha / 2 with n* p + 1 and n* (1 - p). No engine has them.
    1. The upper bound is 1 less a lower quantile with the parameters exchanged, so one formula does for both.
    2. Everything is done on the logit scale, where the density falls off at least exponentially, and as a fraction
       of its peak. One partial integration, F(a) = density / (a + b) + F(a + 1), leaves a to be at least 1.
    3. Integrals are taken by Gauss-Legendre with 64 nodes, from the peak, or from the bound, to where the
       density has fallen below 1e-15. The integral over everything replaces the beta function.
    4. Three steps of Halley on ln F from a good start leave rounding only: against R and scipy the bounds are
       right to a relative 2e-10 for 0.01 to 1,000,000 effective respondents. ln F is concave, so the steps cannot
       stray; a step of more than twice Newton's is cut.
*/
with

needed as (
    select distinct
        exact_base,
        estimate,
        ci_level
    from {{ ref('int_estimates__interval_choices') }}
    where
        exact_base > 0
        and estimate > 0
        and estimate < 1
),

nodes as (
    select * from {{ ref('stg_reference__gauss_legendre') }}
),

sides as (
    select
        exact_base,
        estimate,
        ci_level,
        'lower' as side,
        exact_base * estimate as a,
        exact_base * (1 - estimate) + 1 as b
    from needed

    union all

    select
        exact_base,
        estimate,
        ci_level,
        'upper' as side,
        exact_base * (1 - estimate) as a,
        exact_base * estimate + 1 as b
    from needed
),

parameters as (
    select
        *,
        row_number() over (order by exact_base, estimate, ci_level, side) as quantile_id,
        (1 - ci_level) / 2 as tail,
        a + 1 as rate,
        a + b + 1 as total,
        (a + 1) / (a + b + 1) as peak,
        b / (a + b + 1) as rest,
        ln((a + 1) / b) as peak_logit,
        8.5 * sqrt(1 / (a + 1) + 1 / b) + 36 / (a + 1) as reach_down,
        8.5 * sqrt(1 / (a + 1) + 1 / b) + 36 / b as reach_up
    from sides
),

wholes as (
    select
        parameters.quantile_id,
        sum(
            nodes.node_weight * (
                parameters.reach_down * {{ beta_decline(
                    'parameters.reach_down * nodes.node', 'parameters.rate',
                    'parameters.total', 'parameters.peak', 'parameters.rest'
                ) | indent(16) }}
                + parameters.reach_up * {{ beta_decline(
                    'parameters.reach_up * nodes.node', 'parameters.b',
                    'parameters.total', 'parameters.rest', 'parameters.peak'
                ) | indent(16) }}
            )
        ) as whole
    from parameters
    cross join nodes
    group by parameters.quantile_id
),

-- the normal quantile of the tail (Abramowitz and Stegun 26.2.23), good to 5e-4
scaled as (
    select
        parameters.*,
        wholes.whole,
        sqrt(-2 * ln(parameters.tail)) - (
            2.515517 + 0.802853 * sqrt(-2 * ln(parameters.tail))
            - 0.010328 * 2 * ln(parameters.tail)
        ) / (
            1 + 1.432788 * sqrt(-2 * ln(parameters.tail)) - 0.189269 * 2 * ln(parameters.tail)
            + 0.001308 * power(-2 * ln(parameters.tail), 1.5)
        ) as z,
        2 / (1 / (2 * greatest(parameters.a, 1) - 1) + 1 / (2 * parameters.b - 1)) as h
    from parameters
    inner join wholes
        on parameters.quantile_id = wholes.quantile_id
),

-- where to start: a small a by the leading power of the share, others by Abramowitz and Stegun 26.5.22
step_0 as (
    select
        *,
        case
            when a < 1.5
                then (
                    ln(tail) + ln(a + b) + ln(whole) + rate * ln(peak) + b * ln(rest)
                ) / a
            else
                ln(a / b)
                - 2 * z * sqrt(h + (z * z - 3) / 6) / h
                + 2 * (1 / (2 * b - 1) - 1 / (2 * a - 1))
                * ((z * z - 3) / 6 + 5 / 6.0 - 2 / (3 * h))
        end as u
    from scaled
),

{% for step in range(1, 4) -%}
-- beyond 650 the share, or what is left of it, is nothing
points_{{ step }} as (
    select
        quantile_id,
        greatest(least(u, 650), -650) as u,
        1 / (1 + exp(-greatest(least(u, 650), -650))) as share,
        1 / (1 + exp(greatest(least(u, 650), -650))) as complement
    from step_{{ step - 1 }}
),

tails_{{ step }} as (
    select
        parameters.quantile_id,
        points_{{ step }}.u,
        points_{{ step }}.share,
        points_{{ step }}.share * sum(
            nodes.node_weight * parameters.reach_down * {{ beta_decline(
                'parameters.reach_down * nodes.node', 'parameters.rate',
                'parameters.total', 'points_' ~ step ~ '.share', 'points_' ~ step ~ '.complement'
            ) | indent(12) }}
        ) as part
    from parameters
    inner join points_{{ step }}
        on parameters.quantile_id = points_{{ step }}.quantile_id
    cross join nodes
    group by
        parameters.quantile_id,
        points_{{ step }}.u,
        points_{{ step }}.share
),

-- the fall from the peak, seen from the side where the peak has the smaller share, so that no digits are lost
falls_{{ step }} as (
    select
        scaled.*,
        tails_{{ step }}.u,
        tails_{{ step }}.share,
        tails_{{ step }}.part,
        case when scaled.peak <= scaled.rest then scaled.peak else scaled.rest end as side_share,
        case when scaled.peak <= scaled.rest then scaled.rate else -scaled.b end
        * (tails_{{ step }}.u - scaled.peak_logit) as linear_fall,
        case when scaled.peak <= scaled.rest then 1 else -1 end
        * (tails_{{ step }}.u - scaled.peak_logit) as distance
    from scaled
    inner join tails_{{ step }}
        on scaled.quantile_id = tails_{{ step }}.quantile_id
),

slopes_{{ step }} as (
    select
        *,
        linear_fall - total * case
            when distance > 50 then ln(side_share) + distance
            else {{ ln_one_plus('(side_share * (exp(least(distance, 50)) - 1))') | indent(12) }}
        end
        + ln(1 + exp(-u)) + ln(1 / (a + b) + part) - ln(whole) - ln(tail) as excess,
        a / (1 + (a + b) * part) as slope,
        a - (a + b) * share as log_density_slope
    from falls_{{ step }}
),

step_{{ step }} as (
    select
        quantile_id,
        exact_base,
        estimate,
        ci_level,
        side,
        u - 2 * excess / greatest(
            2 * slope + excess * (slope - log_density_slope), slope
        ) as u
    from slopes_{{ step }}
),

{% endfor -%}
final as (
    select
        -- keys
        exact_base,
        estimate,
        ci_level,

        -- bounds
        max(
            case
                when side = 'upper' then null
                when u < -645 then 0
                else {{ expit('u') | indent(16) }}
            end
        ) as lower_bound,
        max(
            case when side = 'upper' then {{ expit('(-u)') | indent(12) }} end
        ) as upper_bound
    from step_3
    group by
        exact_base,
        estimate,
        ci_level
)

select * from final
