{{ config(schema='bench', materialized='table') }}
with

objects as (
    {% for object in var('bench_objects') -%}
    select
        {{ loop.index0 }} as case_number,
        cast({{ sql_text(object) }} as json) as object
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

elements as (
    select
        case_number,
        {{ json_elements('object', 'l') }} as element
    from objects
)

select
    objects.case_number,
    {{ json_text('objects.object', 'a') }} as outer_text,
    {{ json_text('objects.object', 'o', 'b') }} as inner_text,
    {{ json_text('elements.element', 'b') }} as element_text
from objects
left join elements on objects.case_number = elements.case_number
