{#- Whether two numbers differ by more than rounding: a billionth of the larger one. One that is missing differs. -#}
{% macro differs(one, other) -%}
    coalesce(
        abs({{ one }} - {{ other }}) > 1e-12 + 1e-9 * greatest(abs({{ one }}), abs({{ other }})),
        {{ one }} is not null or {{ other }} is not null
    )
{%- endmacro %}
