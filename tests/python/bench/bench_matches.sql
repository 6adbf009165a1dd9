{{ config(schema='bench', materialized='table') }}
{% for text, pattern in var('bench_matches') -%}
select
    {{ loop.index0 }} as case_number,
    {{ matches(bench_literal(text), pattern) }} as is_match
{{ 'union all' if not loop.last }}
{% endfor -%}
