{% macro rounded_p_value(p_value, is_rounded) -%}
    {#- Up, to as few values as people look for: with more digits it would give the digits of the figure back. -#}
    case
        when {{ is_rounded }} and {{ p_value }} < 0.001 then 0.001
        when {{ is_rounded }} then {{ wavehouse.rounding_step(p_value) | indent(8) }}
        else {{ p_value }}
    end
{%- endmacro %}
