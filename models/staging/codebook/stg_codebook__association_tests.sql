with

codebook as (
    select * from {{ ref('association_tests') }}
),

final as (
    select
        measure_id,
        segment_id
    from codebook
)

select * from final
