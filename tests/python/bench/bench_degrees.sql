{#- Stands in for the waves and their pairs: each level is a study. -#}
{{ config(schema='bench', materialized='table') }}
select distinct
    level as study_id,
    cast({{ to_integer('df') }} as bigint) as degrees_of_freedom
from {{ ref('bench_t_quantiles') }}
