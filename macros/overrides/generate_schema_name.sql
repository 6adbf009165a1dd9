{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- Schemas are public names (`marts`, `codebook`, ...): no prefix with the target's schema. -#}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
