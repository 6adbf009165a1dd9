{% macro bench_literal(text) -%}
    cast({{ 'null' if text is none else sql_text(text) }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro bench_number(number) -%}
    cast({{ 'null' if number is none else "'" ~ number ~ "'" }} as {{ type_number() }})
{%- endmacro %}
