with

codebook as (
    select * from {{ ref('measure_scores') }}
),

final as (
    select
        measure_id,
        item_code,
        category_code,
        {{ to_number('score') }} as score
    from codebook
    where {{ is_not_left_out_measure('codebook.measure_id') }}
)

select * from final
