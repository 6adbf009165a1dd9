{#- Columns with the status of a figure in words, and why there is none. -#}
{% macro status_in_words(table, statuses, figure) -%}
    {{ statuses }}.status_label || coalesce('. ' || {{ table }}.status_reason, '') as status_text,
    case
        when {{ table }}.{{ figure }} is null
            then {{ statuses }}.status_label || coalesce(': ' || {{ table }}.status_reason, '')
    end as missing_reason
{%- endmacro %}
