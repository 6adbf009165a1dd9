-- depends_on: {{ ref('int_checks__problems') }}
/*
    Every cell that a series can have, whether anybody is in it or not, so that a reader sees a gap as a row
    with a status and not as a row that is missing. A measure belongs to each study that ever asked its
    variable, a segment to each study that ever asked all of its variables.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

scores as (
    select distinct
        measure_id,
        variable_id,
        category_code
    from {{ ref('int_measures__scores') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

study_variables as (
    select distinct
        study_id,
        variable_id
    from questions
),

study_measures as (
    select
        study_variables.study_id,
        scores.measure_id,
        scores.variable_id,
        scores.category_code
    from scores
    inner join study_variables
        on scores.variable_id = study_variables.variable_id
),

study_segments as (
    select
        studies.study_id,
        segment_values.segment_id,
        segment_values.segment_code,
        segment_values.first_variable_id,
        segment_values.second_variable_id
    from (select distinct study_id from waves) as studies
    cross join segment_values
    left join study_variables as first_variable
        on
            studies.study_id = first_variable.study_id
            and segment_values.first_variable_id = first_variable.variable_id
    left join study_variables as second_variable
        on
            studies.study_id = second_variable.study_id
            and segment_values.second_variable_id = second_variable.variable_id
    where
        (segment_values.first_variable_id is null or first_variable.variable_id is not null)
        and (segment_values.second_variable_id is null or second_variable.variable_id is not null)
),

final as (
    select
        -- keys
        waves.study_id,
        waves.wave_id,
        cast('wave' as {{ dbt.type_string() }}) as period_grain,
        waves.wave_date as period_start,
        study_measures.measure_id,
        study_measures.variable_id,
        study_measures.category_code,
        study_segments.segment_id,
        study_segments.segment_code,

        -- was the variable, and were those of the segment, asked in this wave
        coalesce(
            asked.variable_id is not null
            and (study_segments.first_variable_id is null or first_asked.variable_id is not null)
            and (study_segments.second_variable_id is null or second_asked.variable_id is not null),
            false
        ) as is_collected
    from waves
    inner join study_measures
        on waves.study_id = study_measures.study_id
    inner join study_segments
        on waves.study_id = study_segments.study_id
    left join questions as asked
        on
            waves.study_id = asked.study_id
            and waves.wave_id = asked.wave_id
            and study_measures.variable_id = asked.variable_id
    left join questions as first_asked
        on
            waves.study_id = first_asked.study_id
            and waves.wave_id = first_asked.wave_id
            and study_segments.first_variable_id = first_asked.variable_id
    left join questions as second_asked
        on
            waves.study_id = second_asked.study_id
            and waves.wave_id = second_asked.wave_id
            and study_segments.second_variable_id = second_asked.variable_id
)

select * from final
