{{ config(schema='bench', materialized='table') }}
{% for conditions in var('bench_statuses') -%}
{% set is_met = [] -%}
{% for condition in conditions -%}
{% do is_met.append("cast(" ~ bench_literal(condition) ~ " as boolean)") -%}
{% endfor -%}
select
    {{ loop.index0 }} as case_number,
    {{ observation_status(*is_met) }} as observation_status
{{ 'union all' if not loop.last }}
{% endfor -%}
