{{ config(schema='bench', materialized='table') }}
{% for number in var('bench_expit') -%}
select
    {{ loop.index0 }} as case_number,
    {{ expit(bench_number(number)) }} as expit
{{ 'union all' if not loop.last }}
{% endfor -%}
