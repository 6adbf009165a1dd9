{#- Stands in for the tests of association: each F and its degrees of freedom in the references. -#}
{{ config(schema='bench', materialized='table') }}
select
    {{ to_number('f') }} as f_statistic,
    {{ to_number('numerator_df') }} as numerator_df,
    {{ to_number('denominator_df') }} as denominator_df
from {{ ref('bench_f_tails') }}
