{% macro wave_content(study_id, wave_id, relation) -%}
    {#-
        What a wave delivered: (study_id, wave_id, n_rows, content_digest). The digest is of the rows with the columns that
        are staged, and of the SQL that stages them, so that it changes when an answer does. No row for a
        landed wave that has not landed.
    -#}
    {%- set landed = wavehouse.landed_columns(relation) -%}
    {%- set is_there = execute and (
        landed is none or wavehouse.has_landed(relation, study_id ~ '/' ~ wave_id ~ '/answers')
    ) -%}
    {%- if not is_there -%}
    {{ wavehouse.no_content_of_a_wave() }}
    {%- else -%}
    {%- set staged = wavehouse.long_wave(study_id, wave_id, wavehouse.unpivot_rows(relation, landed)) -%}
    select
        cast({{ wavehouse.sql_text(study_id) }} as {{ dbt.type_string() }}) as study_id,
        cast({{ wavehouse.sql_text(wave_id) }} as {{ dbt.type_string() }}) as wave_id,
        cast(count(*) as bigint) as n_rows,
        {{ wavehouse.sql_text(local_md5(staged | replace(relation | string, study_id ~ '_' ~ wave_id))) }} || ' ' || coalesce({{ wavehouse.rows_digest(['delivered']) }}, '')
            as content_digest
    from (
        {{ wavehouse.delivered_columns(relation, landed) }}
    ) as delivered
    {%- endif -%}
{%- endmacro %}


{% macro no_content_of_a_wave() -%}
    select
        cast(null as {{ dbt.type_string() }}) as study_id,
        cast(null as {{ dbt.type_string() }}) as wave_id,
        cast(null as bigint) as n_rows,
        cast(null as {{ dbt.type_string() }}) as content_digest
    where false
{%- endmacro %}


{#- The columns of a landed wave that its source describes; none if it is a seed. -#}
{% macro landed_columns(relation) -%}
    {%- for source in (graph.sources.values() if execute else []) -%}
        {%- if source.source_name == 'landing' and source.name == relation.identifier -%}
            {{ return(source.columns.keys() | list) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
