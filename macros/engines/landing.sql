{#-
    Landed waves are read where they lie if the engine can, and from tables of the schema `landing` if not. Where
    nothing is landed, models of landed waves are empty; so whether it is has to be asked when they are built.
-#}
{% macro has_landed(relation, path) -%}
    {{ return(adapter.dispatch('has_landed', 'wavehouse')(relation, path)) }}
{%- endmacro %}

{% macro default__has_landed(relation, path) -%}
    {%- set found = adapter.get_relation(
        database=relation.database, schema=relation.schema, identifier=relation.identifier
    ) -%}
    {{ return(found is not none) }}
{%- endmacro %}

{% macro duckdb__has_landed(relation, path) -%}
    {%- set pattern = env_var('WAVEHOUSE_LANDING', 'landing') ~ '/' ~ path ~ '.parquet' -%}
    {%- set found = run_query('select count(*) from glob(' ~ wavehouse.sql_text(pattern) ~ ')') -%}
    {{ return(found.rows[0][0] > 0) }}
{%- endmacro %}
