-- depends_on: {{ ref('int_checks__problems') }}
with

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        variable_id,

        -- what was asked, and of whom
        question_text,
        universe,

        -- where it comes from
        source_column,
        derived_from_variable_id,
        is_derived
    from questions
)

select * from final
