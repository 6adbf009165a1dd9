/*
    Upper tail of the F distribution, by Gauss-Legendre quadrature, for degrees of freedom that need not be
    whole numbers.
    1. Over v = ln(d1 F / d2) the density is, but for a constant, exp(b v - (a + b) ln(1 + exp(v))) with
       a = d2 / 2 and b = d1 / 2: smooth, with one peak, and falling like exp(b v) to the left and exp(-a v) to
       the right. So it is cut off where it is exp(-45) of what it was, and no end needs special care.
    2. The integral from v on is divided by that over everything: no gamma function is needed.
    3. Each side is integrated in 16 equal panels of 64 nodes. The relative error is below 1e-11 wherever p is
       above 1e-200 (tests compare with R).
*/
{% set n_panels = 16 %}
with

f_statistics as (
    select distinct
        f_statistic,
        numerator_df,
        denominator_df,
        denominator_df / 2 as a,
        numerator_df / 2 as b,
        ln(numerator_df / denominator_df) as mode_v
    from {{ ref('int_associations__f_statistics') }}
    where f_statistic > 0
),

nodes as (
    select * from {{ ref('stg_reference__gauss_legendre') }}
),

placed as (
    select
        *,
        mode_v + ln(f_statistic) as v
    from f_statistics
),

measured as (
    select
        *,
        {{ log_one_plus_exp('mode_v') | indent(8) }} as mode_log,
        {{ log_one_plus_exp('v') | indent(8) }} as v_log,
        (a + b) * {{ expit('v') | indent(8) }} - b as slope
    from placed
),

levelled as (
    select
        *,
        b * mode_v - (a + b) * mode_log as peak,
        b * v - (a + b) * v_log as level
    from measured
),

-- a concave curve stays below its tangent, and below its two asymptotes
bounded as (
    select
        f_statistic,
        numerator_df,
        denominator_df,
        a,
        b,
        v,
        peak,
        case
            when v > mode_v and slope * (45 - level - a * v) > 45 * a then v + 45 / slope
            when v > mode_v then (45 - level) / a
            else (45 - peak) / a
        end as upper_v,
        case
            when v < mode_v and -slope * (45 - level + b * v) > 45 * b then v + 45 / slope
            when v < mode_v then (level - 45) / b
            else (peak - 45) / b
        end as lower_v
    from levelled
),

sides as (
    select
        *,
        'upper' as side,
        v as from_v,
        (upper_v - v) / {{ n_panels }} as panel_width
    from bounded

    union all

    select
        *,
        'lower' as side,
        lower_v as from_v,
        (v - lower_v) / {{ n_panels }} as panel_width
    from bounded
),

points as (
    select
        sides.f_statistic,
        sides.numerator_df,
        sides.denominator_df,
        sides.side,
        sides.a,
        sides.b,
        sides.peak,
        sides.from_v + sides.panel_width * (panels.node_number - 1 + nodes.node) as v,
        sides.panel_width * nodes.node_weight as weight
    from sides
    cross join nodes as panels
    cross join nodes
    where panels.node_number <= {{ n_panels }}
),

exponents as (
    select
        *,
        b * v - (a + b) * {{ log_one_plus_exp('v') | indent(8) }} - peak as exponent
    from points
),

parts as (
    select
        f_statistic,
        numerator_df,
        denominator_df,
        -- smaller numbers than exp(-700) are an error on PostgreSQL
        sum(
            case when side = 'upper' and exponent > -700 then weight * exp(exponent) else 0 end
        ) as upper_part,
        sum(case when exponent > -700 then weight * exp(exponent) else 0 end) as whole
    from exponents
    group by
        f_statistic,
        numerator_df,
        denominator_df
),

final as (
    select
        f_statistic,
        numerator_df,
        denominator_df,
        upper_part / whole as p_value
    from parts

    union all

    -- exactly as if independent
    select distinct
        f_statistic,
        numerator_df,
        denominator_df,
        cast(1 as {{ type_number() }}) as p_value
    from {{ ref('int_associations__f_statistics') }}
    where f_statistic = 0
)

select * from final
