with

questions as (
    select * from {{ ref('dim_question') }}
),

studies as (
    select * from {{ ref('dim_study') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

final as (
    select
        -- keys
        questions.study_id,
        questions.wave_id,
        questions.variable_id,

        -- labels
        studies.study_label,
        waves.wave_label,
        variables.variable_label,

        -- what was asked, and of whom
        questions.question_text,
        questions.universe,
        questions.source_column,
        questions.is_derived
    from questions
    inner join studies
        on questions.study_id = studies.study_id
    inner join waves
        on
            questions.study_id = waves.study_id
            and questions.wave_id = waves.wave_id
    inner join variables
        on questions.variable_id = variables.variable_id
)

select * from final
