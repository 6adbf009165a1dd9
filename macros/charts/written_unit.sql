{#- What stands behind a number. -#}
{% macro written_unit(unit) -%}
    case
        when {{ unit }} is null then ''
        when {{ unit }} = 'percent' then '%'
        else ' ' || {{ unit }}
    end
{%- endmacro %}
