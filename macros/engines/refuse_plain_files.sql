{% macro refuse_plain_files() -%}
    {#-
        Stops dbt, before it writes anything, in an encrypted project whose key it was not given: it would write a plain
        database. `wavehouse build` gives it; who calls dbt by hand sets both variables.
    -#}
    {%- if execute and var('encrypted_for', none) and target.type == 'duckdb' and not env_var('WAVEHOUSE_KEY', '') -%}
    {{ exceptions.raise_compiler_error(
        'This project is encrypted, and dbt has no key. Run `wavehouse build`, or set WAVEHOUSE_KEY and '
        ~ 'DBT_ENV_SECRET_WAVEHOUSE_KEY to the key.'
    ) }}
    {%- elif execute and var('encrypted_for', none) and wavehouse.is_lake() -%}
    {{ exceptions.raise_compiler_error(
        'This project is encrypted, and the files of a lake would be plain. Build it on DuckDB.'
    ) }}
    {%- endif -%}
{%- endmacro %}
