{% macro rounding_step(least) -%}
    {#- 1, 2 or 5 times a power of ten: a step of any size would tell what it was made of. -#}
    {%- set power = 'cast(power(10, floor(log10(' ~ least ~ '))) as ' ~ wavehouse.type_number() ~ ')' -%}
    case
        when {{ least }} > 0
            then
                {{ power }} * case
                    when {{ least }} <= {{ power }} then 1
                    when {{ least }} <= 2 * {{ power }} then 2
                    when {{ least }} <= 5 * {{ power }} then 5
                    else 10
                end
    end
{%- endmacro %}
