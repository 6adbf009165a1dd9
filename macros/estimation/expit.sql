{% macro expit(expression) -%}
    {#- Beyond 700 exp() leaves the range of numbers, which is an error on PostgreSQL. -#}
    case
        when {{ expression }} > 700 then 1
        when {{ expression }} < -700 then 0
        else 1 / (1 + exp(-({{ expression }})))
    end
{%- endmacro %}
