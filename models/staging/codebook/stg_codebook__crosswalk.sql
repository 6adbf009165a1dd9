with

codebook as (
    select * from {{ ref('crosswalk') }}
),

final as (
    select
        study_id,
        crosswalk_id,
        source_code,
        valid_from_wave,
        valid_to_wave,
        category_code,
        {{ to_number('numeric_value') }} as numeric_value,
        missing_kind,
        mapping_method,
        note,
        reviewed_by,
        {{ to_date('reviewed_on') }} as reviewed_on
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
