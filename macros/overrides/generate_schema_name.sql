{% macro generate_schema_name(custom_schema_name, node) -%}
    {#-
        Schemas are public names (`marts`, `codebook`, ...): no prefix with the target's schema. A change that is
        checked on a server stands beside the release there, in schemas with a prefix.
    -#}
    {{ env_var('WAVEHOUSE_SCHEMA_PREFIX', '') ~ (custom_schema_name | trim if custom_schema_name else target.schema) }}
{%- endmacro %}
