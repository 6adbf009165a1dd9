{% macro ratio_of_totals(measure_kind, total_y, total_x) -%}
    {#-
        Null where the denominator is zero. A share of exactly none or all is set to 0 or 1, so that rounding in
        the sums cannot give 0.9999999999999999 on one engine and 1 on another.
    -#}
    case
        when {{ measure_kind }} in ('share', 'net', 'share_of_cases') and {{ total_y }} <= 0 then 0
        when
            {{ measure_kind }} in ('share', 'net', 'share_of_cases', 'quantile')
            and abs({{ total_y }} / nullif({{ total_x }}, 0) - 1) < 1e-12
            then 1
        else {{ total_y }} / nullif({{ total_x }}, 0)
    end
{%- endmacro %}
