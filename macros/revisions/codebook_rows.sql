{#-
    What the codebook says that decides figures, from its schema: each row is about the thing that its primary key begins
    with (a variable, a measure, a segment, a crosswalk, ...), and refers to others by columns that are named after
    them. So a new table of the codebook counts without more. Texts for readers do not count, nor do tables that
    choose what is compared, checked or named.
-#}
{% macro codebook_rows() -%}
    {#- One row per row of the codebook: what it is about, where it holds, and its content as one text. -#}
    {%- set queries = [] -%}
    {%- for seed in wavehouse.deciding_seeds() -%}
        {%- set about = wavehouse.subject_of_seed(seed) -%}
        {%- set query -%}
        select
            '{{ about }}' as subject_kind,
            cast({{ about }} as {{ dbt.type_string() }}) as subject_id,
            {%- for column in ['study_id', 'wave_id', 'valid_from_wave', 'valid_to_wave'] %}
            cast({{ wavehouse.seed_scope(seed, column) }} as {{ dbt.type_string() }}) as {{ column }},
            {%- endfor %}
            {{ wavehouse.surrogate_key([wavehouse.sql_text(seed.name)] + wavehouse.deciding_columns(seed)) | indent(12) }} as content
        from {{ wavehouse.relation_of_node(seed) }}
        {%- endset -%}
        {%- do queries.append(query) -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') }}
{%- endmacro %}


{#- One row per thing that a row of the codebook is about and another one that it refers to. -#}
{% macro codebook_references() -%}
    {%- set queries = [] -%}
    {%- set subjects = [] -%}
    {%- for seed in wavehouse.deciding_seeds() -%}
        {%- do subjects.append(wavehouse.subject_of_seed(seed)) -%}
    {%- endfor -%}
    {%- for seed in wavehouse.deciding_seeds() -%}
        {%- set about = wavehouse.subject_of_seed(seed) -%}
        {%- for column in seed.columns if column not in [about, 'study_id', 'wave_id'] -%}
            {%- for subject in subjects | unique
                if column.endswith(subject) and subject not in ['study_id', 'wave_id'] -%}
                {%- set query -%}
        select
            cast({{ wavehouse.seed_scope(seed, 'study_id') }} as {{ dbt.type_string() }}) as study_id,
            '{{ about }}' as from_kind,
            cast({{ about }} as {{ dbt.type_string() }}) as from_id,
            '{{ subject }}' as to_kind,
            cast({{ column }} as {{ dbt.type_string() }}) as to_id
        from {{ wavehouse.relation_of_node(seed) }}
        where {{ column }} is not null
                {%- endset -%}
                {%- do queries.append(query) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ queries | join('\nunion\n') }}
{%- endmacro %}


{#- The tables of the codebook and of the library that decide figures. Breaks are a reason of their own. -#}
{% macro deciding_seeds() -%}
    {%- set others = [
        'association_tests', 'audience_columns', 'audience_deliveries', 'audience_rows', 'audiences', 'breaks', 'bridges',
        'comparisons', 'deliveries', 'drift_thresholds', 'drift_waivers', 'field_schedule', 'library_drift_thresholds',
        'library_missing_labels', 'missing_labels', 'periods', 'segment_contrasts', 'study_protections', 'waived_columns',
    ] -%}
    {%- set found = [] -%}
    {%- for seed in (wavehouse.codebook_seeds() if execute else [])
        if seed.fqn[1] in ['codebook', 'library'] and seed.name not in others -%}
        {%- do found.append(seed) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- The column of a seed that names what its rows are about: the first of its key, beside the study. -#}
{% macro subject_of_seed(seed) -%}
    {%- set key = seed.config.meta.primary_key -%}
    {{ return(key[1] if key[0] == 'study_id' and key | length > 1 else key[0]) }}
{%- endmacro %}


{#- The columns of a seed but for texts for readers, who reviewed a row and when, and the waves in which it holds. -#}
{% macro deciding_columns(seed) -%}
    {%- set texts = [
        'base_description', 'citation', 'description', 'note', 'producer', 'reason', 'reviewed_by', 'reviewed_on', 'source',
        'terms_of_use', 'unit', 'universe', 'valid_from_wave', 'valid_to_wave',
    ] -%}
    {%- set found = [] -%}
    {%- for column in seed.columns
        if column not in texts and not column.endswith('_label') and not column.endswith('_text') -%}
        {%- do found.append(column) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
