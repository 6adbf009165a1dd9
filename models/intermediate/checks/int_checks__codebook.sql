/*
    Reads the seeds as they are written, not the typed staging models: a cell that cannot be cast must be
    reported as its author wrote it.
*/
-- depends_on: {{ ref('studies') }}, {{ ref('designs') }}, {{ ref('design_columns') }}
-- depends_on: {{ ref('weights') }}
-- depends_on: {{ ref('field_schedule') }}
-- depends_on: {{ ref('audiences') }}, {{ ref('audience_rows') }}, {{ ref('audience_columns') }}
-- depends_on: {{ ref('audience_deliveries') }}, {{ ref('study_protections') }}
-- depends_on: {{ ref('waves') }}, {{ ref('code_lists') }}, {{ ref('categories') }}
-- depends_on: {{ ref('variables') }}, {{ ref('questions') }}, {{ ref('crosswalk') }}
-- depends_on: {{ ref('waived_columns') }}, {{ ref('derivations') }}, {{ ref('segments') }}
-- depends_on: {{ ref('segment_variables') }}, {{ ref('measures') }}, {{ ref('breaks') }}
-- depends_on: {{ ref('deliveries') }}, {{ ref('drift_waivers') }}, {{ ref('drift_thresholds') }}
-- depends_on: {{ ref('derived_sums') }}, {{ ref('scores') }}
-- depends_on: {{ ref('bases') }}, {{ ref('base_categories') }}
-- depends_on: {{ ref('measure_items') }}
-- depends_on: {{ ref('variable_groups') }}, {{ ref('variable_group_members') }}
-- depends_on: {{ ref('standard_populations') }}, {{ ref('standard_population_shares') }}
-- depends_on: {{ ref('comparisons') }}, {{ ref('segment_contrasts') }}, {{ ref('periods') }}
-- depends_on: {{ ref('association_tests') }}
-- depends_on: {{ ref('bridges') }}, {{ ref('library_drift_thresholds') }}
-- depends_on: {{ ref('library_missing_labels') }}, {{ ref('missing_labels') }}
-- depends_on: {{ ref('publication_rules') }}, {{ ref('publication_criteria') }}
-- depends_on: {{ ref('library_publication_rules') }}, {{ ref('library_publication_criteria') }}
-- depends_on: {{ ref('missing_kinds') }}, {{ ref('observation_statuses') }}
-- depends_on: {{ ref('confidentiality_statuses') }}, {{ ref('confidence_levels') }}
-- depends_on: {{ ref('t_quantiles') }}, {{ ref('gauss_legendre') }}
{% if execute %}
{{ codebook_checks() }}
{% else %}
select 1 as placeholder
{% endif %}
