{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'wavehouse')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    ({{ expression }} ~ '^({{ pattern }})$')
{%- endmacro %}

{% macro duckdb__matches(expression, pattern) -%}
    regexp_full_match({{ expression }}, '{{ pattern }}')
{%- endmacro %}


{#- A text with each match of a pattern replaced; '\1' stands for what the first brackets matched. -#}
{% macro replace_matches(expression, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_matches', 'wavehouse')(expression, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_matches(expression, pattern, replacement) -%}
    regexp_replace({{ expression }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}
