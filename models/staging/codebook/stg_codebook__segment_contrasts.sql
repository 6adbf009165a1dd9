with

codebook as (
    select * from {{ ref('segment_contrasts') }}
),

final as (
    select
        segment_id,
        segment_code,
        reference_segment_code
    from codebook
    where {{ is_not_left_out_segment('codebook.segment_id') }}
)

select * from final
