{#-
    A driver that marks the values to fill in by `%s` takes a percent sign in a column's name for such a mark,
    so it is doubled there.
-#}
{% macro get_seed_column_quoted_csv(model, column_names) -%}
    {%- set percent = '%%' if get_binding_char() == '%s' else '%' -%}
    {%- set quoted_columns = [] -%}
    {%- for column in column_names -%}
        {%- do quoted_columns.append(adapter.quote(column) | replace('%', percent)) -%}
    {%- endfor -%}
    {{ return(quoted_columns | join(', ')) }}
{%- endmacro %}
