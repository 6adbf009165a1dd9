{#- A lake takes no comments on the columns of views, so those of its tables are written only. -#}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- if not (wavehouse.is_lake() and relation.is_view) -%}
    {%- for column in adapter.get_columns_in_relation(relation) if column.name in column_dict -%}
        {%- set name = adapter.quote(column.name) -%}
        {%- set text = duckdb_escape_comment(column_dict[column.name]['description']) %}
    comment on column {{ relation }}.{{ name }} is {{ text }};
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
