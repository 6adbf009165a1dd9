{#- dbt's own clock, which is UTC, so that all engines mean the same day whatever their time zone is. -#}
{% macro last_day() -%}
    cast('{{ (run_started_at + modules.datetime.timedelta(days=1)).strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}
