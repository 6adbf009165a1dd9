{#-
    DuckLake is reached by DuckDB's adapter, but keeps tables as Parquet files: it knows neither keys nor comments on the
    columns of views. The profile has a target of that name.
-#}
{% macro is_lake() -%}
    {{ return(target.type == 'duckdb' and target.name == 'ducklake') }}
{%- endmacro %}
