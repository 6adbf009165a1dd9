with

fingerprints as (
    select * from {{ ref('int_revisions__fingerprints') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        reason,
        subject_kind,
        subject_id,

        -- what it is
        fingerprint
    from fingerprints
)

select * from final
