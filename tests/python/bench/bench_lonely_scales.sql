{{ config(schema='bench', materialized='table') }}
with

strata as (
    {% for strata, lonely_psu in var('bench_lonely_scales') -%}
    {% set number = loop.index0 -%}
    {% set is_last = loop.last -%}
    {% for n_psus, fraction in strata -%}
    select
        {{ number }} as case_number,
        cast({{ n_psus }} as bigint) as n_psus,
        {{ bench_number(fraction) }} as fraction,
        {{ bench_literal(lonely_psu) }} as lonely_psu
    {{ 'union all' if not (is_last and loop.last) }}
    {% endfor -%}
    {% endfor -%}
)

select
    case_number,
    {{ lonely_scale('n_psus', 'fraction', 'lonely_psu') }} as lonely_scale
from strata
group by case_number
