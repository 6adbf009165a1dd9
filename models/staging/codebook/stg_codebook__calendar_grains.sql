with

codebook as (
    select * from {{ ref('calendar_grains') }}
),

final as (
    select
        study_id,
        period_grain
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
