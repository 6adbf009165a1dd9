{% macro matches_waiver(source_column, waived) -%}
    case
        when {{ waived }} like '%*'
            then
                substring({{ source_column }}, 1, length({{ waived }}) - 1)
                = substring({{ waived }}, 1, length({{ waived }}) - 1)
        else {{ source_column }} = {{ waived }}
    end
{%- endmacro %}
