-- depends_on: {{ ref('int_checks__problems') }}
/*
    A break shows at the first wave after it in which the variable was asked. A break of the whole study
    counts for every variable, and one of a variable for those derived from it.
*/
with

breaks as (
    select * from {{ ref('stg_codebook__breaks') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

variable_sources as (
    select * from {{ ref('int_comparisons__variable_sources') }}
),

asked as (
    select
        study_id,
        wave_id,
        variable_id,
        wave_number,
        lag(wave_number) over (
            partition by study_id, variable_id
            order by wave_number
        ) as previous_wave_number
    from questions
    group by
        study_id,
        wave_id,
        variable_id,
        wave_number
),

-- of the variable itself, and of all that is made of it
concerned as (
    select
        break_id,
        variable_id
    from breaks

    union distinct

    select
        breaks.break_id,
        variable_sources.variable_id
    from breaks
    inner join variable_sources
        on breaks.variable_id = variable_sources.source_variable_id
),

numbered_breaks as (
    select
        breaks.break_id,
        breaks.study_id,
        concerned.variable_id,
        breaks.wave_id as declared_wave_id,
        breaks.variable_id is null as is_of_study,
        breaks.break_kind,
        breaks.severity,
        breaks.description,
        waves.wave_number
    from breaks
    inner join concerned
        on breaks.break_id = concerned.break_id
    inner join waves
        on
            breaks.study_id = waves.study_id
            and breaks.wave_id = waves.wave_id
),

final as (
    select
        -- keys
        asked.study_id,
        asked.wave_id,
        asked.variable_id,
        numbered_breaks.break_id,

        -- what changed, and where
        numbered_breaks.declared_wave_id,
        numbered_breaks.wave_number as break_wave_number,
        numbered_breaks.is_of_study,
        numbered_breaks.break_kind,
        numbered_breaks.severity,
        numbered_breaks.description
    from asked
    inner join numbered_breaks
        on
            asked.study_id = numbered_breaks.study_id
            and (
                numbered_breaks.variable_id is null
                or asked.variable_id = numbered_breaks.variable_id
            )
            and asked.previous_wave_number < numbered_breaks.wave_number
            and asked.wave_number >= numbered_breaks.wave_number
)

select * from final
