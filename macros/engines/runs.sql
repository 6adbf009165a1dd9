{#-
    Files of runs are read where they lie if the engine can, and from tables of the schema `history` if not. Where
    nothing was recorded there is nothing to read, so that has to be asked when the models are built.
-#}
{% macro has_runs(relation, path) -%}
    {{ return(adapter.dispatch('has_runs', 'wavehouse')(relation, path)) }}
{%- endmacro %}

{% macro default__has_runs(relation, path) -%}
    {%- set found = adapter.get_relation(
        database=relation.database, schema=relation.schema, identifier=relation.identifier
    ) -%}
    {{ return(found is not none) }}
{%- endmacro %}

{% macro duckdb__has_runs(relation, path) -%}
    {%- set pattern = wavehouse.sql_text('warehouse/' ~ path) -%}
    {%- set found = run_query('select count(*) from glob(' ~ pattern ~ ')') -%}
    {{ return(found.rows[0][0] > 0) }}
{%- endmacro %}


{% macro requests_of_log() -%}
    {%- set requests = source('operations', 'requests') -%}
    {%- if execute and wavehouse.has_runs(requests, 'audit/*.jsonl') -%}
    select log_file, digest, payload from {{ requests }}
    {%- else -%}
    select cast(null as text) as log_file, cast(null as text) as digest, cast(null as json) as payload where false
    {%- endif -%}
{%- endmacro %}


{% macro run_records(table, path) -%}
    {%- set records = source('operations', table) -%}
    {%- if execute and wavehouse.has_runs(records, path) -%}
    select json from {{ records }}
    {%- else -%}
    select cast(null as json) as json where false
    {%- endif -%}
{%- endmacro %}
