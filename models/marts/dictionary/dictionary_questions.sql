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

history as (
    select
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        lag(questions.wave_id) over (
            partition by questions.study_id, questions.variable_id
            order by waves.wave_number
        ) as previous_wave_id,
        lag(questions.question_text) over (
            partition by questions.study_id, questions.variable_id
            order by waves.wave_number
        ) as previous_question_text,
        lag(questions.universe) over (
            partition by questions.study_id, questions.variable_id
            order by waves.wave_number
        ) as previous_universe
    from questions
    inner join waves
        on
            questions.study_id = waves.study_id
            and questions.wave_id = waves.wave_id
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
        questions.is_derived,

        -- against the wave that asked it before
        history.previous_wave_id,
        history.previous_wave_id is not null
        and coalesce(questions.question_text, '')
        <> coalesce(history.previous_question_text, '') as is_reworded,
        history.previous_wave_id is not null
        and coalesce(questions.universe, '')
        <> coalesce(history.previous_universe, '') as is_universe_changed,
        history.previous_question_text,
        history.previous_universe
    from questions
    inner join studies
        on questions.study_id = studies.study_id
    inner join waves
        on
            questions.study_id = waves.study_id
            and questions.wave_id = waves.wave_id
    inner join variables
        on questions.variable_id = variables.variable_id
    inner join history
        on
            questions.study_id = history.study_id
            and questions.wave_id = history.wave_id
            and questions.variable_id = history.variable_id
)

select * from final
