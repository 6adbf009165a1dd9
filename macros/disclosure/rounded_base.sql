{% macro rounded_base(base, multiple) -%}
    {#- Not to zero: that a row is shown says that somebody is in it. -#}
    {%- set multiples -%}
    cast({{ base }} as {{ wavehouse.type_number() }}) / {{ multiple }}
    {%- endset -%}
    case
        when {{ multiple }} is null then {{ base }}
        else greatest(floor({{ multiples }} + 0.5), 1) * {{ multiple }}
    end
{%- endmacro %}
