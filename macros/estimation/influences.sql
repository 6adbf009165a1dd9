{% macro influences(coefficients, replicates) -%}
    {#-
        One row per cell and PSU, or replicate. Of PSUs of one respondent each the squares were summed one by one.
    -#}
    select
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        sum_z,
        case when is_own_psu then sum_of_squares else sum_z * sum_z end as sum_zz
    from (
        {{ wavehouse.linearised_influences(coefficients) | indent(8) }}
    ) as linearised

    union all

    select
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        deviation as sum_z,
        deviation * deviation as sum_zz
    from {{ replicates }}
{%- endmacro %}


{% macro linearised_influences(coefficients) -%}
    {#-
        One row per cell and PSU, of designs without replicate weights. Standardised estimates are sums over groups.
        Parts that take each other away: what is left below their digits is rounding, and zero.
    -#}
    with

    cells_of_parts as (
        select
            coefficients.*,
            parts.part_key,
            parts.is_of_quantiles
        from {{ coefficients }} as coefficients
        inner join {{ ref('int_design__parts') }} as parts
            on
                coefficients.period_key = parts.period_key
                and (coefficients.measure_kind = 'quantile') = parts.is_of_quantiles
        inner join (
            select distinct
                period_key,
                sample_key
            from {{ ref('int_design__strata') }}
            where not is_replicate
        ) as taylor_samples
            on
                parts.period_key = taylor_samples.period_key
                and parts.sample_key = taylor_samples.sample_key
    ),

    part_waves as (
        {{ wavehouse.part_waves_of('cells_of_parts') | indent(8) }}
    ),

    by_psu as (
        {{ wavehouse.psu_sums('part_waves', 'cells_of_parts') | indent(8) }}
    ),

    by_group as (
        select
            cells_of_parts.cell_key,
            cells_of_parts.period_key,
            units.stratum_key,
            units.unit_key,
            units.is_own_psu,
            cells_of_parts.coefficient_y * by_psu.total_y as y_part,
            cells_of_parts.coefficient_x * by_psu.total_x as x_part,
            cells_of_parts.coefficient_y * cells_of_parts.coefficient_y * by_psu.sum_wwyy
            + cells_of_parts.coefficient_x * cells_of_parts.coefficient_x
            * by_psu.sum_wwxx as outer_parts,
            2 * cells_of_parts.coefficient_y * cells_of_parts.coefficient_x
            * by_psu.sum_wwyx as middle_part
        from cells_of_parts
        inner join by_psu
            on
                cells_of_parts.part_key = by_psu.part_key
                and cells_of_parts.score_key = by_psu.score_key
                and cells_of_parts.segment_value_key = by_psu.segment_value_key
        inner join {{ ref('int_design__units') }} as units
            on by_psu.unit_key = units.unit_key
        where not units.is_replicate
    )

    select
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        is_own_psu,
        case
            when abs(sum(y_part) + sum(x_part)) < 1e-13 * (sum(abs(y_part)) + sum(abs(x_part)))
                then 0
            else sum(y_part) + sum(x_part)
        end as sum_z,
        case
            when sum(outer_parts) + sum(middle_part) < 1e-13 * sum(outer_parts) then 0
            else sum(outer_parts) + sum(middle_part)
        end as sum_of_squares
    from by_group
    group by
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        is_own_psu
{%- endmacro %}
