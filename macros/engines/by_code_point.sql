{#-
    Texts in one order on every engine. A server orders by the language of its database where nothing else is said, so
    a choice among ids would be another one there.
-#}
{% macro by_code_point(expression) -%}
    {{ return(adapter.dispatch('by_code_point', 'wavehouse')(expression)) }}
{%- endmacro %}

{% macro default__by_code_point(expression) -%}
    {{ expression }}
{%- endmacro %}

{% macro postgres__by_code_point(expression) -%}
    {{ expression }} collate "C"
{%- endmacro %}


{#- What stands behind `order by` for several columns of texts. -#}
{% macro all_by_code_point(columns) -%}
    {%- for column in columns -%}
        {{ wavehouse.by_code_point(column) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
