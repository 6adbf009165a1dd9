with

codebook as (
    select * from {{ ref('questions') }}
),

final as (
    select
        study_id,
        variable_id,
        valid_from_wave,
        valid_to_wave,
        source_column,
        crosswalk_id,
        question_text,
        universe
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
