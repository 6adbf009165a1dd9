with

findings as (
    select * from {{ ref('int_drift__findings') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        drift_kind,
        statistic,
        subject,

        -- what is compared
        variable_id,
        from_wave_id,

        -- numbers
        value,
        threshold,
        p_value,

        -- status
        severity,
        break_ids,
        is_waived,
        waiver_reason,

        -- in words
        finding,
        remedy
    from findings
)

select * from final
