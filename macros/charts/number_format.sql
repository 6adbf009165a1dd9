{#- The pattern by which spreadsheets and BI tools write numbers. -#}
{% macro number_format(decimals) -%}
    '#,##0' || case when {{ decimals }} > 0 then '.' || repeat('0', {{ decimals }}) else '' end
{%- endmacro %}
