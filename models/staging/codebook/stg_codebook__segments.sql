with

codebook as (
    select * from {{ ref('segments') }}
),

final as (
    select
        segment_id,
        segment_label,
        description
    from codebook
)

select * from final
