{{ config(schema='bench', materialized='table') }}
with

texts as (
    {% for of_group, position, text in var('bench_joined') -%}
    select
        {{ bench_literal(of_group) }} as of_group,
        {{ position }} as position,
        {{ bench_literal(text) }} as part
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    of_group,
    {{ joined_in_order('part', "'+'", 'position desc') }} as joined,
    {{ joined_in_order('part', "'+'", by_code_point('part')) }} as joined_by_text
from texts
group by of_group
