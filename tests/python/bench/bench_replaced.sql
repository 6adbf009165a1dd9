{{ config(schema='bench', materialized='table') }}
{% for text, pattern, replacement in var('bench_replaced') -%}
select
    {{ loop.index0 }} as case_number,
    {{ replace_matches(bench_literal(text), "'" ~ pattern ~ "'", "'" ~ replacement ~ "'") }} as replaced
{{ 'union all' if not loop.last }}
{% endfor -%}
