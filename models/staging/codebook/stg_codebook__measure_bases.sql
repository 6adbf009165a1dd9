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
)

select * from final
