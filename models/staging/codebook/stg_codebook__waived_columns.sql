with

codebook as (
    select * from {{ ref('waived_columns') }}
),

final as (
    select
        study_id,
        source_column,
        valid_from_wave,
        valid_to_wave,
        waiver_kind,
        reason
    from codebook
)

select * from final
