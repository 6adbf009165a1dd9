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
    where {{ is_not_left_out_segment('codebook.segment_id') }}
)

select * from final
