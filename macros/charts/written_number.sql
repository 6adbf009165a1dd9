{#-
    The number that `scaled_digits` gives digits of, as people read it: 1,234.50. Made of whole numbers, since
    engines round binary fractions in ways of their own. A sign stands only before what is not zero as it is written.
-#}
{% macro written_number(value, digits, decimals, with_plus=false) -%}
    {%- set one = 'cast(power(10, ' ~ decimals ~ ') as bigint)' -%}
    {%- set fraction = 'mod(' ~ digits ~ ', ' ~ one ~ ')' -%}
    case
        when {{ digits }} > 0 and {{ value }} < 0 then '-'
        {%- if with_plus %}
        when {{ digits }} > 0 then '+'
        {%- endif %}
        else ''
    end
    || {{ wavehouse.grouped_digits('cast((' ~ digits ~ ' - ' ~ fraction ~ ') / ' ~ one ~ ' as bigint)') }}
    || case
        when {{ decimals }} > 0
            then '.' || lpad(cast({{ fraction }} as {{ dbt.type_string() }}), {{ decimals }}, '0')
        else ''
    end
{%- endmacro %}
