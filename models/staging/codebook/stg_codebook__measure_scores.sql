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
)

select * from final
