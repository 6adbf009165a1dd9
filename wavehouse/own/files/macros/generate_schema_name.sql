{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- dbt asks the project itself, not its packages, how schemas are called. -#}
    {{ wavehouse.generate_schema_name(custom_schema_name, node) }}
{%- endmacro %}
