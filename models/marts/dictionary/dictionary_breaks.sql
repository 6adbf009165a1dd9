with

breaks as (
    select * from {{ ref('int_comparisons__variable_breaks') }}
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
        breaks.study_id,
        breaks.wave_id,
        breaks.variable_id,
        breaks.break_id,

        -- labels
        waves.wave_label,
        waves.wave_date,
        variables.variable_label,

        -- what changed
        breaks.declared_wave_id,
        breaks.break_kind,
        breaks.severity,
        breaks.description as break_description,
        breaks.is_of_study
    from breaks
    inner join waves
        on
            breaks.study_id = waves.study_id
            and breaks.wave_id = waves.wave_id
    inner join variables
        on breaks.variable_id = variables.variable_id
)

select * from final
