{#-
    Integrands on (0, 1] of Student's t density without its constant, (1 + u*u/df) ^ (-(df + 1) / 2):
    `central` puts u = t * s for the integral from 0 to t, `tail` u = t / s for that from t to infinity.
-#}
{% macro t_density_central(t, df, s) -%}
    {{ t }} * exp(
        -({{ df }} + 1) / 2.0 * ln(1 + {{ t }} * {{ s }} * {{ t }} * {{ s }} / {{ df }})
    )
{%- endmacro %}

{% macro t_density_tail(t, df, s) -%}
    case
        -- smaller numbers than exp(-700) are an error on PostgreSQL
        when ({{ df }} + 1) / 2.0 * ln(1 + {{ t }} / {{ s }} * {{ t }} / {{ s }} / {{ df }}) > 700
            then 0
        else {{ t }} / {{ s }} / {{ s }} * exp(
            -({{ df }} + 1) / 2.0 * ln(1 + {{ t }} / {{ s }} * {{ t }} / {{ s }} / {{ df }})
        )
    end
{%- endmacro %}
