{#-
    PostgreSQL multiplies the selectivities of the parts of a key, so it takes joins on eight columns for
    tiny and loops over them row by row, or merges by two columns that happen to be in order and filters by the
    rest. For the length of the model it must not: a hash join takes all parts.
-#}
{% macro plan_large_joins() -%}
    {{ return(adapter.dispatch('plan_large_joins', 'wavehouse')()) }}
{%- endmacro %}

{% macro default__plan_large_joins() -%}
{%- endmacro %}

{% macro postgres__plan_large_joins() -%}
    set local enable_nestloop = off;
    set local enable_mergejoin = off
{%- endmacro %}
