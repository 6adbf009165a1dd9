{#-
    How a large table is laid out for those who read it, where the engine keeps it as it is built. What was measured is in
    docs/layouts.md. DuckDB's tables are put in order when they are published; its indexes would be larger than they.
-#}
{% macro indexes_for_readers(columns) -%}
    {{ return(adapter.dispatch('indexes_for_readers', 'wavehouse')(columns)) }}
{%- endmacro %}

{% macro default__indexes_for_readers(columns) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro postgres__indexes_for_readers(columns) -%}
    {{ return([{'columns': columns}]) }}
{%- endmacro %}


{% macro order_for_readers(columns) -%}
    {{ return(adapter.dispatch('order_for_readers', 'wavehouse')(columns)) }}
{%- endmacro %}

{% macro default__order_for_readers(columns) -%}
{%- endmacro %}

{% macro postgres__order_for_readers(columns) -%}
    order by {{ columns | join(', ') }}
{%- endmacro %}
