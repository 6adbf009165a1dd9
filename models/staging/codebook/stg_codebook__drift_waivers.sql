with

codebook as (
    select * from {{ ref('drift_waivers') }}
),

final as (
    select
        study_id,
        wave_id,
        drift_kind,
        subject,
        reason
    from codebook
)

select * from final
