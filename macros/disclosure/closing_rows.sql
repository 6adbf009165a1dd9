{% macro closing_rows(columns) -%}
    {%- set found = none -%}
    {%- if execute -%}
        {%- set found = adapter.get_relation(
            database=this.database, schema=this.schema, identifier='disclosure_closing'
        ) -%}
    {%- endif -%}
select
    {%- for column in columns %}
    cast({{ column if found else 'null' }} as {{ dbt.type_string() }}) as {{ column }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{{ 'from ' ~ found if found else 'where false' }}
{%- endmacro %}
