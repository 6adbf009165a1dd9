{% macro published_rows(table, columns) -%}
    {#-
        The rows of a table as it is published when the build begins, with `release`, the id of that release. A column that
        the release lacks is empty. There are none before the first publish, nor on an engine that publishes nothing.
    -#}
    {{ return(adapter.dispatch('published_rows', 'wavehouse')(table, columns)) }}
{%- endmacro %}


{% macro default__published_rows(table, columns) -%}
    select
        cast(null as {{ dbt.type_string() }}) as release
        {%- for name, data_type in columns.items() %},
        cast(null as {{ data_type }}) as {{ name }}
        {%- endfor %}
    where false
{%- endmacro %}


{% macro duckdb__published_rows(table, columns) -%}
    {%- set path = wavehouse.sql_text(env_var('WAVEHOUSE_PUBLISHED', 'warehouse/current/parquet') ~ '/' ~ table ~ '.parquet') -%}
    {%- set is_there = execute and run_query('select count(*) from glob(' ~ path ~ ')').rows[0][0] > 0 -%}
    {%- if not is_there -%}
    {{ wavehouse.default__published_rows(table, columns) }}
    {%- else -%}
    {%- set is_encrypted = var('encrypted_for', none) is not none -%}
    {%- set key = ", encryption_config = struct_pack(footer_key := 'wavehouse')" if is_encrypted else '' -%}
    {%- set rows = 'read_parquet(' ~ path ~ ', hive_partitioning = false' ~ key ~ ')' -%}
    {%- set there = run_query('select column_name from (describe from ' ~ rows ~ ')').columns[0].values() -%}
    select
        (
            {%- if is_encrypted %}
            {#- What such a file says of itself can only be read by name: it stands beside. -#}
            select beside.release
            from read_json(
                {{ wavehouse.sql_text(env_var('WAVEHOUSE_PUBLISHED', 'warehouse/current/parquet') ~ '/release.json') }},
                columns = {'release': 'varchar'}
            ) as beside
            {%- else %}
            select decode(metadata.value)
            from parquet_kv_metadata({{ path }}) as metadata
            where decode(metadata.key) = 'wavehouse_release'
            {%- endif %}
        ) as release
        {%- for name, data_type in columns.items() %},
        cast({{ name if name in there else 'null' }} as {{ data_type }}) as {{ name }}
        {%- endfor %}
    from {{ rows }}
    {%- endif -%}
{%- endmacro %}
