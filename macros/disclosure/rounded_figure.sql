{% macro rounded_figure(figure, step) -%}
    case
        when {{ step }} is null then {{ figure }}
        else
            {{ wavehouse.rounded_to(
                'floor((' ~ figure ~ ') / ' ~ step ~ ' + 0.5) * ' ~ step,
                'cast(ceil(-log10(' ~ step ~ ')) as integer)'
            ) }}
    end
{%- endmacro %}
