{% macro rounded_bound(figure, bound, step, sign) -%}
    {#-
        The rounded figure and whole steps to its bound, so many that the bound does not come nearer. Rounded by
        itself it would say where within its step the figure lies. What was within 0 and 1 stays there.
    -#}
    {%- set decimals = 'cast(ceil(-log10(' ~ step ~ ')) as integer)' -%}
    {%- set moved -%}
    floor({{ figure }} / {{ step }} + 0.5) * {{ step }} {{ sign }} ceil(abs({{ figure }} - {{ bound }}) / {{ step }} + 0.5) * {{ step }}
    {%- endset -%}
    case
        when {{ step }} is null then {{ bound }}
        when {{ bound }} between 0 and 1 and {{ figure }} between 0 and 1
            then least(greatest({{ wavehouse.rounded_to('(' ~ moved ~ ')', decimals) }}, 0), 1)
        else {{ wavehouse.rounded_to('(' ~ moved ~ ')', decimals) }}
    end
{%- endmacro %}
