{% macro unpivot_rows(relation) -%}
    {{ return(adapter.dispatch('unpivot_rows', 'wavehouse')(relation)) }}
{%- endmacro %}

{#- Through JSON no list of columns is needed, so a wave with other columns is no other SQL. -#}
{% macro postgres__unpivot_rows(relation) -%}
    select
        numbered.row_number,
        answers.key as source_column,
        nullif(answers.value, '') as source_code
    from (
        select
            delivered.*,
            row_number() over () as row_number
        from {{ relation }} as delivered
    ) as numbered
    cross join lateral jsonb_each_text(to_jsonb(numbered) - 'row_number') as answers
{%- endmacro %}

{% macro duckdb__unpivot_rows(relation) -%}
    select
        row_number,
        source_column,
        nullif(source_code, '') as source_code
    from (
        select
            *,
            row_number() over () as row_number
        from {{ relation }}
    )
    unpivot include nulls (
        source_code for source_column in (columns(* exclude (row_number)))
    )
{%- endmacro %}
