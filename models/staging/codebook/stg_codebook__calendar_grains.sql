with

codebook as (
    select * from {{ ref('periods') }}
),

final as (
    select
        study_id,
        period_kind as period_grain
    from codebook
    where
        period_kind <> 'pooled_waves'
        and {{ is_not_left_out('codebook.study_id') }}
)

select * from final
