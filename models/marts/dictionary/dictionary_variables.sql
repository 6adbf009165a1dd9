with

questions as (
    select * from {{ ref('dim_question') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

studies as (
    select * from {{ ref('dim_study') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

asked as (
    select
        questions.study_id,
        questions.variable_id,
        count(*) as n_waves_asked,
        min(waves.wave_number) as first_wave_number,
        max(waves.wave_number) as last_wave_number
    from questions
    inner join waves
        on
            questions.study_id = waves.study_id
            and questions.wave_id = waves.wave_id
    group by
        questions.study_id,
        questions.variable_id
),

final as (
    select
        -- keys
        asked.study_id,
        asked.variable_id,

        -- labels
        studies.study_label,
        variables.variable_label,
        variables.variable_description,

        -- values
        variables.value_type,
        variables.code_list_id,
        variables.unit,
        variables.lower_bound,
        variables.upper_bound,
        variables.is_derived,
        variables.derived_from_variable_id,

        -- where it was asked
        asked.n_waves_asked,
        studies.n_waves,
        first_wave.wave_id as first_wave_id,
        last_wave.wave_id as last_wave_id
    from asked
    inner join variables
        on asked.variable_id = variables.variable_id
    inner join studies
        on asked.study_id = studies.study_id
    inner join waves as first_wave
        on
            asked.study_id = first_wave.study_id
            and asked.first_wave_number = first_wave.wave_number
    inner join waves as last_wave
        on
            asked.study_id = last_wave.study_id
            and asked.last_wave_number = last_wave.wave_number
)

select * from final
