{#-
    Only an engine that refuses rows at once is named here; most warehouses take a key as a mere remark. A key of
    DuckDB is an index, which takes most of the time of a long table.
-#}
{% macro enforces_keys(long_table=false) -%}
    {{ return(adapter.dispatch('enforces_keys', 'wavehouse')(long_table)) }}
{%- endmacro %}

{% macro default__enforces_keys(long_table) -%}
    {{ return(false) }}
{%- endmacro %}

{% macro duckdb__enforces_keys(long_table) -%}
    {{ return(not long_table and not wavehouse.is_lake()) }}
{%- endmacro %}

{% macro postgres__enforces_keys(long_table) -%}
    {{ return(true) }}
{%- endmacro %}
