with

codebook as (
    select * from {{ ref('indices') }}
),

final as (
    select
        study_id,
        base_wave_id
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
