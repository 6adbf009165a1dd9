{#- Names of column types. dbt's own `type_float` is a four-byte number on DuckDB, so numbers have their own. -#}
{% macro type_number() -%}
    {{ return(adapter.dispatch('type_number', 'wavehouse')()) }}
{%- endmacro %}

{% macro default__type_number() -%}
    double precision
{%- endmacro %}
