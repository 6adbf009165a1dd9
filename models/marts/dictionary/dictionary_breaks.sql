with

breaks_by_wave as (
    select * from {{ ref('int_codebook__breaks_by_wave') }}
),

breaks as (
    select * from {{ ref('stg_codebook__breaks') }}
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
        breaks_by_wave.study_id,
        breaks_by_wave.wave_id,
        breaks_by_wave.variable_id,
        breaks_by_wave.break_id,

        -- labels
        waves.wave_label,
        waves.wave_date,
        variables.variable_label,

        -- what changed
        breaks.wave_id as declared_wave_id,
        breaks.break_kind,
        breaks.severity,
        breaks.description as break_description,
        breaks.variable_id is null as is_of_study
    from breaks_by_wave
    inner join breaks
        on
            breaks_by_wave.study_id = breaks.study_id
            and breaks_by_wave.break_id = breaks.break_id
    inner join waves
        on
            breaks_by_wave.study_id = waves.study_id
            and breaks_by_wave.wave_id = waves.wave_id
    inner join variables
        on breaks_by_wave.variable_id = variables.variable_id
)

select * from final
