with

codebook as (
    select * from {{ ref('measure_bases') }}
),

final as (
    select
        measure_id,
        variable_id,
        category_code
    from codebook
    where {{ is_not_left_out_measure('codebook.measure_id') }}
)

select * from final
