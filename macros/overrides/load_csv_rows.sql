{#-
    dbt-duckdb lets DuckDB guess how a seed is quoted, and then takes 'a' for a where a whole column is quoted so.
    Here nothing is guessed. As dbt's own reader does for the other engines, a value of nothing but blanks is empty
    and line ends within values are one character, so that a seed is the same table on every engine.
-#}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set path = agate_table.original_abspath -%}
    {%- set statement -%}
    insert into {{ this.render() }}
    select
        {% for column in agate_table.column_names -%}
        cast(
            case
                when not regexp_full_match({{ adapter.quote(column) }}, '{{ wavehouse.blanks_pattern() }}')
                    then regexp_replace({{ adapter.quote(column) }}, '\r\n?', chr(10), 'g')
            end as {{ types.get(column, adapter.convert_type(agate_table, loop.index0)) }}
        ){{ "," if not loop.last }}
        {% endfor %}
    from read_csv(
        {{ wavehouse.sql_text(path) }},
        columns = {
            {% for column in agate_table.column_names -%}
            {{ wavehouse.sql_text(column) }}: 'varchar'{{ ", " if not loop.last }}
            {%- endfor %}
        },
        auto_detect = false,
        header = true,
        delim = {{ wavehouse.sql_text(model['config'].get('delimiter', ',')) }},
        quote = '"',
        escape = '"',
        -- for files with two kinds of line ends; uneven rows are errors all the same
        strict_mode = false,
        max_line_size = 100000000,
        -- or else DuckDB takes sixteen lines' worth of memory, for each seed
        buffer_size = 100000001
    )
    {%- endset -%}
    {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{%- endmacro %}


{#- What Python, and so dbt's reader, takes for blank. -#}
{% macro blanks_pattern() -%}
    [\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]*
{%- endmacro %}
