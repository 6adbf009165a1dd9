{% macro landed_metadata(table, columns) -%}
    {%- set landed = source('landing', table) -%}
    {%- if execute and wavehouse.has_landed(landed, '*/*/' ~ table) -%}
    select * from {{ landed }}
    {%- else -%}
    select
        {%- for name, data_type in columns.items() %}
        cast(null as {{ data_type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif -%}
{%- endmacro %}
