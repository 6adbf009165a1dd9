{#-
    The size of a number as whole steps of its last decimal: 12.34 with one decimal is 123. Half away from zero, counted
    in decimal digits as in `rounded_to`. Null beyond 1e15, where a number has no such decimals.
-#}
{% macro scaled_digits(value, decimals) -%}
    case
        when abs({{ value }}) * power(10, {{ decimals }}) < 1e15
            then cast(
                round(cast(abs({{ value }}) * power(10, {{ decimals }}) as decimal(38, 6))) as bigint
            )
    end
{%- endmacro %}
