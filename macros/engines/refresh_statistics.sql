{#- PostgreSQL plans badly for tables it has not seen yet, and its daemon comes later than our next model. -#}
{% macro refresh_statistics(relation, materialized) -%}
    {{ return(adapter.dispatch('refresh_statistics', 'wavehouse')(relation, materialized)) }}
{%- endmacro %}

{% macro default__refresh_statistics(relation, materialized) -%}
{%- endmacro %}

{% macro postgres__refresh_statistics(relation, materialized) -%}
    {%- if materialized != 'view' -%} analyze {{ relation }} {%- endif -%}
{%- endmacro %}
