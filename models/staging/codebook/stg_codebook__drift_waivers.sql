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
        reason,
        {{ to_date('waived_on') }} as waived_on
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
