with

codebook as (
    select * from {{ ref('segment_variables') }}
),

final as (
    select
        segment_id,
        {{ to_integer('position') }} as position,
        variable_id
    from codebook
    where {{ is_not_left_out_segment('codebook.segment_id') }}
)

select * from final
