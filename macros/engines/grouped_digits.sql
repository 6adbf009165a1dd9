{#- A whole number of at most 18 digits with a comma between thousands, and no sign. -#}
{% macro grouped_digits(expression) -%}
    {{ return(adapter.dispatch('grouped_digits', 'wavehouse')(expression)) }}
{%- endmacro %}

{% macro default__grouped_digits(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro duckdb__grouped_digits(expression) -%}
    format('{:,}', {{ expression }})
{%- endmacro %}

{% macro postgres__grouped_digits(expression) -%}
    to_char({{ expression }}, 'FM999,999,999,999,999,990')
{%- endmacro %}
