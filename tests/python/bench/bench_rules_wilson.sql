{#- Stands in for the publication rules: every share has the interval that the file is named after. -#}
{{ config(schema='bench', materialized='table') }}
select
    study_id,
    measure_id,
    publication_rule_id,
    is_share,
    case when is_share then 'wilson' else ci_method end as ci_method
from {{ ref('int_measures__publication_rules') }}
