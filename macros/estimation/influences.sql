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
        {{ linearised_influences(coefficients) | indent(8) }}
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
        One row per cell and PSU. Only standardised estimates are sums over groups, and so need rows to be added;
        for all others nothing is grouped, so that whoever sums over PSUs never has them all in memory.
        Parts that take each other away: what is left below their digits is rounding, and zero.
    -#}
    {%- set bases = ref('int_moments__psu_bases') -%}
    {%- set scores = ref('int_moments__psu_scores') -%}
    {%- set units = ref('int_design__units') -%}
    {%- set strata = ref('int_design__strata') -%}
    {%- for is_standardised in [false, true] -%}
    {%- set add = 'sum' if is_standardised else '' %}
    select
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        is_own_psu,
        case
            when
                abs({{ add }}(y_part) + {{ add }}(x_part))
                < 1e-13 * ({{ add }}(abs(y_part)) + {{ add }}(abs(x_part)))
                then 0
            else {{ add }}(y_part) + {{ add }}(x_part)
        end as sum_z,
        case
            when {{ add }}(outer_parts) + {{ add }}(middle_part) < 1e-13 * {{ add }}(outer_parts)
                then 0
            else {{ add }}(outer_parts) + {{ add }}(middle_part)
        end as sum_of_squares
    from (
        select
            coefficients.cell_key,
            coefficients.period_key,
            units.stratum_key,
            units.unit_key,
            units.is_own_psu,
            coefficients.coefficient_y * coalesce(scores.total_y, 0) as y_part,
            coefficients.coefficient_x * bases.total_x as x_part,
            coefficients.coefficient_y * coefficients.coefficient_y
            * coalesce(scores.sum_wwyy, 0)
            + coefficients.coefficient_x * coefficients.coefficient_x
            * bases.sum_wwxx as outer_parts,
            2 * coefficients.coefficient_y * coefficients.coefficient_x
            * coalesce(scores.sum_wwyx, 0) as middle_part
        from {{ coefficients }} as coefficients
        inner join {{ bases }} as bases
            on
                coefficients.period_key = bases.period_key
                and coefficients.denominator_key = bases.denominator_key
                and coefficients.segment_value_key = bases.segment_value_key
        inner join {{ units }} as units
            on bases.unit_key = units.unit_key
        inner join (
            select distinct
                period_key,
                sample_key
            from {{ strata }}
            where not is_replicate
        ) as taylor_samples
            on
                bases.period_key = taylor_samples.period_key
                and units.sample_key = taylor_samples.sample_key
        left join {{ scores }} as scores
            on
                coefficients.period_key = scores.period_key
                and coefficients.score_key = scores.score_key
                and coefficients.segment_value_key = scores.segment_value_key
                and bases.unit_key = scores.unit_key
        where
            not units.is_replicate
            and {{ '' if is_standardised else 'not ' }}coefficients.is_standardised
    ) as by_group
    {%- if is_standardised %}
    group by
        cell_key,
        period_key,
        stratum_key,
        unit_key,
        is_own_psu
    {%- else %}

    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}
