{{ config(schema='bench', materialized='table') }}
{% for sum_zz, sum_z, n_psus, fraction, lonely_psu in var('bench_stratum_variances') -%}
select
    {{ loop.index0 }} as case_number,
    {{ stratum_variance('sum_zz', 'sum_z', 'n_psus', 'fraction', 'lonely_psu') }}
        as stratum_variance
from (
    select
        {{ bench_number(sum_zz) }} as sum_zz,
        {{ bench_number(sum_z) }} as sum_z,
        cast({{ n_psus }} as bigint) as n_psus,
        {{ bench_number(fraction) }} as fraction,
        {{ bench_literal(lonely_psu) }} as lonely_psu
) as given
{{ 'union all' if not loop.last }}
{% endfor -%}
