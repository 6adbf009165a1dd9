with

codebook as (
    select * from {{ ref('bases') }}
),

final as (
    select
        base_id,
        base_label,
        description
    from codebook
)

select * from final
