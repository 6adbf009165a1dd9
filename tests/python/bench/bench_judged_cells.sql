{#- Stands in for all that the judgement reads of a cell: each case is a measure. -#}
{{ config(schema='bench', materialized='table') }}
{%- for case in var('bench_judged_cells') %}
select
    cast({{ loop.index0 }} as bigint) as cell_key,
    {% for key in ('study_id', 'wave_id', 'period_grain', 'category_code') -%}
    cast('bench' as {{ dbt.type_string() }}) as {{ key }},
    {% endfor -%}
    cast('2001-01-01' as date) as period_start,
    {{ bench_literal(loop.index0 | string) }} as measure_id,
    {{ bench_literal('total') }} as segment_id,
    {{ bench_literal('total') }} as segment_code,
    {{ bench_literal(case.rule) }} as publication_rule_id,
    cast({{ bench_literal(case.is_share | string | lower) }} as boolean) as is_share,
    cast({{ bench_literal(case.is_collected | string | lower) }} as boolean) as is_collected,
    cast({{ bench_number(case.n) }} as bigint) as n_respondents,
    {{ bench_number(none) }} as n_effective,
    cast({{ bench_number(case.domain_df) }} as bigint) as degrees_of_freedom,
    cast({{ bench_number(case.domain_df) }} as bigint) as domain_degrees_of_freedom,
    {{ bench_number(case.n_star) }} as korn_graubard_capped_n,
    {{ bench_number(case.estimate) }} as estimate,
    {{ bench_number(case.lower) }} as ci_lower,
    {{ bench_number(case.upper) }} as ci_upper,
    {{ bench_number(case.cv) }} as coefficient_of_variation
{{ 'union all' if not loop.last }}
{%- endfor %}
