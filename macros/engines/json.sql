{#- What an object of JSON has under a name, or under one within another, as text. -#}
{% macro json_text(expression, name, inner=none) -%}
    {{ return(adapter.dispatch('json_text', 'wavehouse')(expression, name, inner)) }}
{%- endmacro %}

{% macro default__json_text(expression, name, inner) -%}
    {%- set holder = expression if inner is none else expression ~ ' -> ' ~ wavehouse.sql_text(name) -%}
    ({{ holder }} ->> {{ wavehouse.sql_text(name if inner is none else inner) }})
{%- endmacro %}


{#- The elements of the list that an object of JSON has under a name, each as a row. -#}
{% macro json_elements(expression, name) -%}
    {{ return(adapter.dispatch('json_elements', 'wavehouse')(expression, name)) }}
{%- endmacro %}

{% macro default__json_elements(expression, name) -%}
    json_array_elements({{ expression }} -> {{ wavehouse.sql_text(name) }})
{%- endmacro %}

{% macro duckdb__json_elements(expression, name) -%}
    unnest(cast({{ expression }} -> {{ wavehouse.sql_text(name) }} as json[]))
{%- endmacro %}
