with

codebook as (
    select * from {{ ref('breaks') }}
),

final as (
    select
        break_id,
        study_id,
        wave_id,
        variable_id,
        break_kind,
        severity,
        description
    from codebook
)

select * from final
