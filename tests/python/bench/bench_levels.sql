{{ config(schema='bench', materialized='table') }}
select distinct
    level as study_id,
    {{ to_number('level') }} as ci_level
from {{ ref('bench_t_quantiles') }}
