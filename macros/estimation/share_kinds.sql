{% macro is_share_kind(measure_kind) -%}
    {{ measure_kind }} in ('share', 'net')
{%- endmacro %}
