{%- set program = estimation_program() %}
with

final as (
    {%- for step in program %}
    select
        {{ loop.index }} as step_number,
        {{ sql_text(step.name) }} as step_name,
        {{ sql_text(step.kind) }} as step_kind,
        {{ sql_text(step.sql) }} as step_sql
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
