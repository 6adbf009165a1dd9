-- What a measure is estimated for: its categories, items or variables, or once (`_Z`).
with

scores as (
    select * from {{ ref('int_measures__scores') }}
),

final as (
    select distinct
        measure_id,
        measure_kind,
        category_code,
        category_label,
        category_order
    from scores
)

select * from final
