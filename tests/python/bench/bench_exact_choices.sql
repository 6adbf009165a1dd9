{#- Stands in for the cells with exact intervals: a grid of effective bases, shares and levels. -#}
{{ config(schema='bench', materialized='table') }}
{%- set numbers = {
    'exact_base': var('bench_exact_bases'),
    'estimate': var('bench_exact_shares'),
    'ci_level': var('bench_exact_levels'),
} %}
{%- for name, values in numbers.items() %}
{{ 'with' if loop.first }} {{ name }}s as (
    {%- for value in values %}
    select {{ bench_number(value) }} as {{ name }}
    {{- "\n    union all" if not loop.last }}
    {%- endfor %}
){{ ',' if not loop.last }}
{%- endfor %}

select
    exact_base,
    estimate,
    ci_level
from exact_bases
cross join estimates
cross join ci_levels
