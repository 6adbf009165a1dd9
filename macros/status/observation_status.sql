{% macro observation_status(
    cannot_exist, not_collected, is_suppressed, has_break, needs_caution
) -%}
    {#-
        The one place that knows the order: the first of M > L > Q > B > U > P > A that applies, as the
        priority of observation_statuses says (docs: method). Nothing is provisional (P) yet.
    -#}
    case
        when {{ cannot_exist }} then 'M'
        when {{ not_collected }} then 'L'
        when {{ is_suppressed }} then 'Q'
        when {{ has_break }} then 'B'
        when {{ needs_caution }} then 'U'
        else 'A'
    end
{%- endmacro %}
