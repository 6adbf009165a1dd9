{% macro is_share_kind(measure_kind) -%}
    {{ measure_kind }} in ('share', 'net', 'share_of_cases', 'share_of_responses')
{%- endmacro %}
