{% macro wave_seeds() -%}
    {#-
        The wave files that dbt knows, as rows of (file_path, study_id, wave_id, is_staged); never empty. Study
        and wave are those that the path says, null where it says none.
    -#}
    {%- for node in wavehouse.wave_seed_nodes() %}
        {%- set study_id = node.original_file_path.split('/')[2] -%}
        {%- set wave_id = node.name[study_id | length + 1:] -%}
        {%- set is_named = node.original_file_path == wavehouse.wave_path(study_id, wave_id) %}
    select
        {{ wavehouse.sql_text(node.original_file_path) }} as file_path,
        {{ wavehouse.sql_text(study_id) if is_named else 'null' }} as study_id,
        {{ wavehouse.sql_text(wave_id) if is_named else 'null' }} as wave_id,
        {{ wavehouse.is_staged_in(node.unique_id, study_id) }} as is_staged
    union all
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as file_path,
        cast(null as {{ dbt.type_string() }}) as study_id,
        cast(null as {{ dbt.type_string() }}) as wave_id,
        cast(null as boolean) as is_staged
{%- endmacro %}


{% macro is_staged_in(seed, study_id) -%}
    {%- set model = graph.nodes.get('model.' ~ seed.split('.')[1] ~ '.stg_' ~ study_id ~ '__delivered') -%}
    {{ return(model is not none and seed in model.depends_on.nodes) }}
{%- endmacro %}


{% macro wave_seed_columns() -%}
    {#- The columns of wave files that generated files describe, as rows of (study_id, wave_id, source_column). -#}
    select
        described.study_id,
        described.wave_id,
        described.source_column
    from (
        values
        {%- for node in wavehouse.wave_seed_nodes() %}
            {%- set meta = node.config.get('meta', {}) %}
            {%- for column in node.columns.values() %}
        (
            {{ wavehouse.sql_text(meta.get('study_id')) }},
            {{ wavehouse.sql_text(meta.get('wave_id')) }},
            {{ wavehouse.sql_text(column.name) }}
        ),
            {%- endfor %}
        {%- endfor %}
        (null, null, null)
    ) as described (study_id, wave_id, source_column)
{%- endmacro %}


{% macro wave_seed_nodes() -%}
    {%- set found = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'seed' and node.original_file_path.startswith('seeds/waves/') -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro wave_path(study_id, wave_id) -%}
    {{ return('seeds/waves/' ~ study_id ~ '/' ~ study_id ~ '_' ~ wave_id ~ '.csv') }}
{%- endmacro %}
