{#-
    As dbt does it, with the same statement in the end, but it calls a macro for the placeholder of every single
    value, which takes most of the time of a seed. A row's placeholders are written once here.
-#}
{% macro postgres__load_csv_rows(model, agate_table) -%}
    {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
    {%- set placeholders = ['%s'] * agate_table.column_names | length -%}
    {%- set row_of_values = '(' ~ placeholders | join(', ') ~ ')' -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set bindings = [] -%}
        {%- for row in chunk -%}
            {%- do bindings.extend(row) -%}
        {%- endfor -%}
        {%- set statement -%}
    insert into {{ this.render() }} ({{ columns }})
    values {{ ([row_of_values] * chunk | length) | join(', ') }}
        {%- endset -%}
        {%- do adapter.add_query(statement, bindings=bindings, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {#- None for a file without rows, as dbt gives it. -#}
    {{ return(statements | first) }}
{%- endmacro %}
