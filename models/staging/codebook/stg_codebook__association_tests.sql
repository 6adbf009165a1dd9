with

codebook as (
    select * from {{ ref('association_tests') }}
),

final as (
    select
        measure_id,
        segment_id
    from codebook
    where
        {{ is_not_left_out_measure('codebook.measure_id') }}
        and {{ is_not_left_out_segment('codebook.segment_id') }}
)

select * from final
