{#- What only shows in the engine itself: the type of numbers, and the planner's setting. -#}
{{ config(schema='bench', materialized='table') }}
select
    cast(0.1 as {{ type_number() }}) + cast(0.2 as {{ type_number() }}) as number_value,
    {% if target.type == 'postgres' -%}
    current_setting('enable_nestloop') as nested_loops
    {%- else -%}
    'off' as nested_loops
    {%- endif %}
