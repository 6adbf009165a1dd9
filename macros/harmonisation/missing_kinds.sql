{#- The canonical kinds of missing, in the order of the seed `missing_kinds` (docs: method). -#}
{% macro missing_kinds() -%}
    {{ return([
        'not_asked', 'not_applicable', 'dont_know', 'refused', 'no_answer', 'invalid'
    ]) }}
{%- endmacro %}
