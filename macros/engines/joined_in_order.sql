{% macro joined_in_order(expression, separator, order_by) -%}
    {#-
        The texts of a group in one, always in a declared order: ids of PSUs are made so. dbt's own `listagg` loses the
        order on an engine that has none for it, with a line in the log only.
    -#}
    {{ return(adapter.dispatch('joined_in_order', 'wavehouse')(expression, separator, order_by)) }}
{%- endmacro %}

{% macro default__joined_in_order(expression, separator, order_by) -%}
    listagg({{ expression }}, {{ separator }}) within group (order by {{ order_by }})
{%- endmacro %}

{% macro duckdb__joined_in_order(expression, separator, order_by) -%}
    string_agg({{ expression }}, {{ separator }} order by {{ order_by }})
{%- endmacro %}

{% macro postgres__joined_in_order(expression, separator, order_by) -%}
    string_agg({{ expression }}, {{ separator }} order by {{ order_by }})
{%- endmacro %}
