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
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
