{#- Only an engine that refuses rows at once is named here; most warehouses take a key as a mere remark. -#}
{% macro enforces_keys() -%}
    {{ return(adapter.dispatch('enforces_keys', 'wavehouse')()) }}
{%- endmacro %}

{% macro default__enforces_keys() -%}
    {{ return(false) }}
{%- endmacro %}

{% macro duckdb__enforces_keys() -%}
    {{ return(true) }}
{%- endmacro %}

{% macro postgres__enforces_keys() -%}
    {{ return(true) }}
{%- endmacro %}
