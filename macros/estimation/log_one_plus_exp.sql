{% macro log_one_plus_exp(v) -%}
    {#- Where exp() is small, ln(1 + exp()) would lose its digits: there a series in s = exp / (2 + exp). -#}
    {%- set s = '(exp(' ~ v ~ ') / (2 + exp(' ~ v ~ ')))' -%}
    case
        when {{ v }} > 40 then {{ v }}
        when {{ v }} > -3 then ln(1 + exp({{ v }}))
        when {{ v }} > -100
            then 2 * {{ s }} * (
                1 + {{ s }} * {{ s }} * (
                    1.0 / 3 + {{ s }} * {{ s }} * (
                        1.0 / 5 + {{ s }} * {{ s }} * (1.0 / 7 + {{ s }} * {{ s }} / 9)
                    )
                )
            )
        when {{ v }} > -700 then exp({{ v }})
        else 0
    end
{%- endmacro %}
