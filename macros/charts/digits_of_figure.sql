{#- Columns with the digits of a figure and of its interval, for `written_figure`. -#}
{% macro digits_of_figure() -%}
    {{ wavehouse.scaled_digits('value', 'value_decimals') | indent(4) }} as digits,
    {{ wavehouse.scaled_digits('value_lower', 'value_decimals') | indent(4) }} as lower_digits,
    {{ wavehouse.scaled_digits('value_upper', 'value_decimals') | indent(4) }} as upper_digits
{%- endmacro %}
