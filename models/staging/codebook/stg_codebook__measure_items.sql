with

codebook as (
    select * from {{ ref('measure_items') }}
),

final as (
    select
        measure_id,
        item_code,
        item_label,
        {{ to_integer('item_order') }} as item_order,
        score_id
    from codebook
    where {{ is_not_left_out_measure('codebook.measure_id') }}
)

select * from final
