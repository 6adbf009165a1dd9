-- depends_on: {{ ref('int_checks__problems') }}
with

days as (
    {{ dbt.date_spine(
        'day', "cast('1970-01-01' as date)", "cast('2071-01-01' as date)"
    ) | indent(4) }}
),

final as (
    select cast(date_day as date) as date_day
    from days
)

select * from final
