with

codebook as (
    select * from {{ ref('indices') }}
),

final as (
    select
        study_id,
        base_wave_id
    from codebook
)

select * from final
