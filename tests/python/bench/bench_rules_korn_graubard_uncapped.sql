{#-
    Stands in for the publication rules: every share has the interval that the file is named after. Exact bounds take
    long, and the largest study has references for one measure only, so its others keep what they have.
-#}
{{ config(schema='bench', materialized='table') }}
select
    study_id,
    measure_id,
    publication_rule_id,
    is_share,
    case
        when is_share and (study_id != 'gss' or measure_id = 'happiness_share')
            then 'korn_graubard_uncapped'
        else ci_method
    end as ci_method
from {{ ref('int_measures__publication_rules') }}
