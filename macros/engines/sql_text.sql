{#-
    A text written into SQL: whatever it holds, it stays that text. All that comes from a name of a file or column,
    or from generated YAML, goes through here; dbt knows how an engine escapes quotes.
-#}
{% macro sql_text(text) -%}
    '{{ dbt.escape_single_quotes(text | string) }}'
{%- endmacro %}
