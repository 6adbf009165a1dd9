{{ config(schema='bench', materialized='table') }}
{% for n_psus, psu_population, applies_fpc in var('bench_sampling_fractions') -%}
select
    {{ loop.index0 }} as case_number,
    {{ sampling_fraction(
        'cast(' ~ n_psus ~ ' as bigint)', bench_number(psu_population), applies_fpc | lower
    ) }} as sampling_fraction
{{ 'union all' if not loop.last }}
{% endfor -%}
