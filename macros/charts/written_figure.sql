{#- Columns with a figure as people read it: the pattern of its numbers, the figure, its interval. -#}
{% macro written_figure(table, with_plus=false) -%}
    {%- set decimals = table ~ '.value_decimals' -%}
    {%- set written = {} -%}
    {%- for value, digits in {'value': 'digits', 'value_lower': 'lower_digits', 'value_upper': 'upper_digits'}.items() -%}
        {%- do written.update({
            value: wavehouse.written_number(table ~ '.' ~ value, table ~ '.' ~ digits, decimals, with_plus)
        }) -%}
    {%- endfor -%}
    {{ wavehouse.number_format(decimals) | indent(4) }} as value_format,
    {{ written['value'] | indent(4) }}
    || {{ table }}.written_unit as display_value,
    {{ written['value_lower'] | indent(4) }}
    || ' to '
    || {{ written['value_upper'] | indent(4) }}
    || {{ table }}.written_unit as display_interval
{%- endmacro %}
