{{ config(schema='bench', materialized='table') }}
{% for first, second in var('bench_keys') -%}
select
    {{ loop.index0 }} as case_number,
    {{ surrogate_key([bench_literal(first), bench_literal(second)]) }} as surrogate_key
{{ 'union all' if not loop.last }}
{% endfor -%}
