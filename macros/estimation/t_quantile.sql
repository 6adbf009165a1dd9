{% macro t_quantile(tabulated, z, df) -%}
    case
        when {{ tabulated }} is not null then {{ tabulated }}
        when {{ df }} > 200 then {{ wavehouse.t_quantile_expansion(z, df) | indent(8) }}
    end
{%- endmacro %}
