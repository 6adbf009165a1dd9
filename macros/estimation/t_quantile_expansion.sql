{% macro t_quantile_expansion(z, df) -%}
    {{ z }}
    + (power({{ z }}, 3) + {{ z }}) / 4 / {{ df }}
    + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / 96 / power({{ df }}, 2)
    + (
        3 * power({{ z }}, 7) + 19 * power({{ z }}, 5) + 17 * power({{ z }}, 3) - 15 * {{ z }}
    ) / 384 / power({{ df }}, 3)
    + (
        79 * power({{ z }}, 9) + 776 * power({{ z }}, 7) + 1482 * power({{ z }}, 5)
        - 1920 * power({{ z }}, 3) - 945 * {{ z }}
    ) / 92160 / power({{ df }}, 4)
{%- endmacro %}
