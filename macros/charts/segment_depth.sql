{#- How many variables make a segment: none for the total. -#}
{% macro segment_depth(segments) -%}
    case
        when {{ segments }}.first_variable_id is null then 0
        when {{ segments }}.second_variable_id is null then 1
        else 2
    end
{%- endmacro %}
