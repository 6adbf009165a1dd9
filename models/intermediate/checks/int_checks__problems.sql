{{ config(materialized='table') }}

/*
    1. All problems of a run at once: nothing that a check reads is downstream of a test, so one bad wave does
       not hide another.
    2. Tests on this table stop the build here: everything that computes numbers depends on it.
    3. The checks are ephemeral: a file for each table of the codebook, and no step of the build for any.
*/
{% for part in [
    'codebook',
    'validity', 'waves', 'designs', 'design_weights', 'variables', 'variable_groups', 'crosswalk', 'derivations',
    'derived_sums', 'measures', 'scales', 'measure_items', 'standard_populations', 'comparisons', 'segments',
    'segment_contrasts', 'publication_criteria',
    'wave_files', 'landed_waves', 'generated_files', 'columns', 'undelivered_columns', 'waived_columns',
    'codes', 'derived_codes', 'respondents', 'weights'
] -%}
select * from {{ ref('int_checks__' ~ part) }}
{{ "union all" if not loop.last }}
{% endfor %}
