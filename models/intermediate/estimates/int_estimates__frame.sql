-- depends_on: {{ ref('int_checks__problems') }}
/*
    Every cell that a series can have, whether anybody is in it or not, so that a reader sees a gap as a row
    with a status and not as a row that is missing. A measure belongs to each study that ever asked what it
    needs, a segment to each study that ever asked all of its variables.
    Of pooled waves, all must have asked it; of a calendar period, one with interviews in it.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

categories as (
    select * from {{ ref('int_measures__categories') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

period_waves as (
    select *
    from {{ ref('int_design__period_waves') }}
    where period_grain <> 'wave_set'
),

calendar_periods as (
    select * from {{ ref('int_design__calendar_periods') }}
),

interview_days as (
    select distinct
        study_id,
        wave_id,
        moment_date
    from {{ ref('int_design__weights') }}
    where moment_date is not null
),

periods as (
    select distinct
        study_id,
        period_wave_id as wave_id,
        period_grain,
        period_start
    from period_waves

    union

    select
        study_id,
        '_Z' as wave_id,
        period_grain,
        period_start
    from calendar_periods
),

-- the waves whose interviews are in a period
contributing as (
    select distinct
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        period_waves.period_end is not null as is_calendar,
        period_waves.wave_id
    from period_waves
    left join interview_days
        on
            period_waves.study_id = interview_days.study_id
            and period_waves.wave_id = interview_days.wave_id
            and interview_days.moment_date
            between period_waves.period_start and period_waves.period_end
    where
        period_waves.period_end is null
        or interview_days.wave_id is not null
),

segments as (
    select distinct
        segment_id,
        first_variable_id,
        second_variable_id
    from segment_values
),

segment_waves as (
    select
        waves.study_id,
        waves.wave_id,
        segments.segment_id
    from waves
    cross join segments
    left join questions as first_asked
        on
            waves.study_id = first_asked.study_id
            and waves.wave_id = first_asked.wave_id
            and segments.first_variable_id = first_asked.variable_id
    left join questions as second_asked
        on
            waves.study_id = second_asked.study_id
            and waves.wave_id = second_asked.wave_id
            and segments.second_variable_id = second_asked.variable_id
    where
        (segments.first_variable_id is null or first_asked.variable_id is not null)
        and (segments.second_variable_id is null or second_asked.variable_id is not null)
),

study_variables as (
    select distinct
        study_id,
        variable_id
    from questions
),

study_segments as (
    select
        studies.study_id,
        segments.segment_id
    from (select distinct study_id from waves) as studies
    cross join segments
    left join study_variables as first_variable
        on
            studies.study_id = first_variable.study_id
            and segments.first_variable_id = first_variable.variable_id
    left join study_variables as second_variable
        on
            studies.study_id = second_variable.study_id
            and segments.second_variable_id = second_variable.variable_id
    where
        (segments.first_variable_id is null or first_variable.variable_id is not null)
        and (segments.second_variable_id is null or second_variable.variable_id is not null)
),

study_measures as (
    select distinct
        study_id,
        measure_id
    from measure_waves
),

collected as (
    select
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        contributing.is_calendar,
        study_measures.measure_id,
        study_segments.segment_id,
        count(*) as n_waves,
        sum(
            case
                when measure_waves.wave_id is not null and segment_waves.wave_id is not null then 1
                else 0
            end
        ) as n_collecting
    from contributing
    inner join study_measures
        on contributing.study_id = study_measures.study_id
    inner join study_segments
        on contributing.study_id = study_segments.study_id
    left join measure_waves
        on
            contributing.study_id = measure_waves.study_id
            and contributing.wave_id = measure_waves.wave_id
            and study_measures.measure_id = measure_waves.measure_id
    left join segment_waves
        on
            contributing.study_id = segment_waves.study_id
            and contributing.wave_id = segment_waves.wave_id
            and study_segments.segment_id = segment_waves.segment_id
    group by
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        contributing.is_calendar,
        study_measures.measure_id,
        study_segments.segment_id
),

final as (
    select
        -- keys
        periods.study_id,
        periods.wave_id,
        periods.period_grain,
        periods.period_start,
        study_measures.measure_id,
        measures.variable_id,
        categories.category_code,
        study_segments.segment_id,
        segment_values.segment_code,

        -- was all that it needs asked
        coalesce(
            case
                when collected.is_calendar then collected.n_collecting > 0
                else collected.n_collecting = collected.n_waves
            end,
            false
        ) as is_collected
    from periods
    inner join study_measures
        on periods.study_id = study_measures.study_id
    inner join measures
        on study_measures.measure_id = measures.measure_id
    inner join categories
        on study_measures.measure_id = categories.measure_id
    inner join study_segments
        on periods.study_id = study_segments.study_id
    inner join segment_values
        on study_segments.segment_id = segment_values.segment_id
    left join collected
        on
            periods.study_id = collected.study_id
            and periods.wave_id = collected.period_wave_id
            and periods.period_grain = collected.period_grain
            and periods.period_start = collected.period_start
            and study_measures.measure_id = collected.measure_id
            and study_segments.segment_id = collected.segment_id
)

select * from final
