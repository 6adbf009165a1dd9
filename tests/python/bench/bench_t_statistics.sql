{#- Stands in for the errors of changes: each t and df of the references. -#}
{{ config(schema='bench', materialized='table') }}
select
    {{ to_number('t') }} as t_statistic,
    cast({{ to_integer('df') }} as bigint) as degrees_of_freedom
from {{ ref('bench_p_values') }}
