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
        column_label,
        reason,
        {{ to_date('waived_on') }} as waived_on
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
