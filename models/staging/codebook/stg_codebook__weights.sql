with

codebook as (
    select * from {{ ref('weights') }}
),

final as (
    select
        weight_id,
        weight_label,
        description
    from codebook
)

select * from final
