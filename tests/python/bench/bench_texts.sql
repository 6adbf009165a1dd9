{#- The casts, of every text of the variable. -#}
{{ config(schema='bench', materialized='table') }}
with

given as (
    {% for text in var('bench_texts') -%}
    select
        {{ loop.index0 }} as case_number,
        {{ bench_literal(text) }} as given
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    case_number,
    given,
    {{ to_number('given') }} as number_value,
    {{ to_integer('given') }} as integer_value,
    {{ to_date('given') }} as date_value,
    {{ to_boolean('given') }} as boolean_value
from given
