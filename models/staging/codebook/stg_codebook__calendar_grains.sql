with

codebook as (
    select * from {{ ref('calendar_grains') }}
),

final as (
    select
        study_id,
        period_grain
    from codebook
)

select * from final
