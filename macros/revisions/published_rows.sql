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
    {%- set there = run_query('select name from parquet_schema(' ~ path ~ ')').columns[0].values() -%}
    select
        (
            select decode(metadata.value)
            from parquet_kv_metadata({{ path }}) as metadata
            where decode(metadata.key) = 'wavehouse_release'
        ) as release
        {%- for name, data_type in columns.items() %},
        cast({{ name if name in there else 'null' }} as {{ data_type }}) as {{ name }}
        {%- endfor %}
    from read_parquet({{ path }}, hive_partitioning = false)
    {%- endif -%}
{%- endmacro %}
