{#-
    Half away from zero, counted in decimal digits: 29.95 is 30.0, although the nearest binary number is a
    little smaller. Beyond 1e15 a number has no decimals to round.
-#}
{% macro rounded_to(value, decimals) -%}
    case
        when {{ decimals }} is null or abs({{ value }}) * power(10, {{ decimals }}) >= 1e15 then {{ value }}
        else
            cast(
                round(cast({{ value }} * power(10, {{ decimals }}) as decimal(38, 6)))
                as {{ wavehouse.type_number() }}
            ) / cast(power(10, {{ decimals }}) as {{ wavehouse.type_number() }})
    end
{%- endmacro %}
