{% macro wave_seeds() -%}
    {#- The wave files that dbt knows, as rows of (file_path, study_id, wave_id); never empty. -#}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- if node.resource_type == 'seed' and node.original_file_path.startswith('seeds/waves/') %}
    select
        '{{ node.original_file_path }}' as file_path,
        '{{ node.config.get('meta', {}).get('study_id', '') }}' as study_id,
        '{{ node.config.get('meta', {}).get('wave_id', '') }}' as wave_id
    union all
        {%- endif -%}
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as file_path,
        cast(null as {{ dbt.type_string() }}) as study_id,
        cast(null as {{ dbt.type_string() }}) as wave_id
{%- endmacro %}
