{#-
    One text for the content of some rows, whatever their order: the sum of their hashes. Engines hash differently, and
    may do so in a new version: then everything is computed again.
-#}
{% macro rows_digest(columns) -%}
    {{ return(adapter.dispatch('rows_digest', 'wavehouse')(columns)) }}
{%- endmacro %}

{% macro duckdb__rows_digest(columns) -%}
    {{ return('cast(sum(cast(hash(' ~ columns | join(', ') ~ ') as hugeint)) as varchar)') }}
{%- endmacro %}

{% macro postgres__rows_digest(columns) -%}
    {{ return(
        'cast(sum(cast(hashtextextended(cast(row(' ~ columns | join(', ') ~ ') as text), 0) as numeric)) as text)'
    ) }}
{%- endmacro %}
