{% macro unpivot_rows(relation, columns=none) -%}
    {{ return(adapter.dispatch('unpivot_rows', 'wavehouse')(relation, columns)) }}
{%- endmacro %}

{#-
    The angle brackets keep our own names apart from delivered columns, which may be called `row_number` or
    `source_code` too.
-#}

{#- Through JSON no list of columns is needed, so a wave with other columns is no other SQL. -#}
{% macro postgres__unpivot_rows(relation, columns=none) -%}
    select
        numbered.row_number,
        answers.key as source_column,
        nullif(answers.value, '') as source_code
    from (
        select
            row_number() over () as row_number,
            to_jsonb("<delivered>") as delivered
        from {{ relation }} as "<delivered>"
    ) as numbered
    cross join lateral jsonb_each_text(numbered.delivered) as answers
    {%- if columns is not none %}
    where answers.key in ({{ wavehouse.text_literals(columns) }})
    {%- endif %}
{%- endmacro %}

{% macro duckdb__unpivot_rows(relation, columns=none) -%}
    select
        "<row>" as row_number,
        "<column>" as source_column,
        nullif("<code>", '') as source_code
    from (
        select
            -- a column that came after `make generate` has a guessed type, and is reported
            cast(columns({{ wavehouse.columns_named(columns) }}) as varchar),
            row_number() over () as "<row>"
        from {{ relation }}
    )
    unpivot include nulls (
        "<code>" for "<column>" in (columns(* exclude ("<row>")))
    )
{%- endmacro %}

{#- Of the columns that are named, those that are there. -#}
{% macro columns_named(columns) -%}
    {%- if columns is none -%}
        *
    {%- else -%}
        lambda name: name in ({{ wavehouse.text_literals(columns) }})
    {%- endif -%}
{%- endmacro %}

{% macro text_literals(texts) -%}
    {%- for text in texts -%}
        {{ wavehouse.sql_text(text) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
