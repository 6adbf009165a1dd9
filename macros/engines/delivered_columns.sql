{#- Some columns of a wave, where they are there; all if none are named. -#}
{% macro delivered_columns(relation, columns) -%}
    {{ return(adapter.dispatch('delivered_columns', 'wavehouse')(relation, columns)) }}
{%- endmacro %}

{% macro default__delivered_columns(relation, columns) -%}
    select * from {{ relation }}
{%- endmacro %}

{% macro duckdb__delivered_columns(relation, columns) -%}
    select columns({{ wavehouse.columns_named(columns) }}) from {{ relation }}
{%- endmacro %}
