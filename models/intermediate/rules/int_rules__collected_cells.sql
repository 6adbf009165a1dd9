/*
    Which cells the waves of a period collected.
    1. A cell is collected where the wave offered what it is made of: the category, item or variable, and the value
       of the segment. Of pooled waves, all must have done so.
    2. Of a calendar period, all waves with interviews in it that asked the question must have done so:
       respondents who could not choose a category do not count as zeros. Each item of several answers is a question of its own.
    3. Shares of responses and sums of answers that are made of other items in the waves of a calendar period are not
       collected either.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

offered as (
    select * from {{ ref('int_measures__offered') }}
),

item_changes as (
    select * from {{ ref('int_comparisons__item_changes') }}
),

offered_values as (
    select * from {{ ref('int_segments__offered') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

interview_days as (
    select distinct
        study_id,
        wave_id,
        moment_date
    from {{ ref('int_design__weights') }}
    where moment_date is not null
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

sizes as (
    select
        study_id,
        period_wave_id,
        period_grain,
        period_start,
        is_calendar,
        count(*) as n_waves
    from contributing
    group by
        study_id,
        period_wave_id,
        period_grain,
        period_start,
        is_calendar
),

collecting as (
    select
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        offered.measure_id,
        offered.category_code,
        offered_values.segment_id,
        offered_values.segment_code,
        count(*) as n_waves
    from contributing
    inner join offered
        on
            contributing.study_id = offered.study_id
            and contributing.wave_id = offered.wave_id
    inner join offered_values
        on
            contributing.study_id = offered_values.study_id
            and contributing.wave_id = offered_values.wave_id
    group by
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        offered.measure_id,
        offered.category_code,
        offered_values.segment_id,
        offered_values.segment_code
),

asked_segments as (
    select distinct
        study_id,
        wave_id,
        segment_id
    from offered_values
),

asked_categories as (
    select distinct
        asked.study_id,
        asked.wave_id,
        waves.wave_number,
        asked.measure_id,
        case
            when measures.measure_kind = 'share_of_cases' then asked.category_code
        end as item_code
    from offered as asked
    inner join measures
        on asked.measure_id = measures.measure_id
    inner join waves
        on
            asked.study_id = waves.study_id
            and asked.wave_id = waves.wave_id
),

-- of calendar periods: the waves that asked, of an item those that asked it
asking as (
    select
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        asked_categories.measure_id,
        asked_categories.item_code,
        asked_segments.segment_id,
        count(*) as n_waves,
        min(asked_categories.wave_number) as first_wave_number,
        max(asked_categories.wave_number) as last_wave_number
    from contributing
    inner join asked_categories
        on
            contributing.study_id = asked_categories.study_id
            and contributing.wave_id = asked_categories.wave_id
    inner join asked_segments
        on
            contributing.study_id = asked_segments.study_id
            and contributing.wave_id = asked_segments.wave_id
    where contributing.is_calendar
    group by
        contributing.study_id,
        contributing.period_wave_id,
        contributing.period_grain,
        contributing.period_start,
        asked_categories.measure_id,
        asked_categories.item_code,
        asked_segments.segment_id
),

asking_alike as (
    select asking.*
    from asking
    left join item_changes
        on
            asking.study_id = item_changes.study_id
            and asking.measure_id = item_changes.measure_id
            and asking.first_wave_number < item_changes.wave_number
            and asking.last_wave_number >= item_changes.wave_number
    where item_changes.study_id is null
),

collected as (
    select collecting.*
    from collecting
    inner join sizes
        on
            collecting.study_id = sizes.study_id
            and collecting.period_wave_id = sizes.period_wave_id
            and collecting.period_grain = sizes.period_grain
            and collecting.period_start = sizes.period_start
    left join asking_alike
        on
            collecting.study_id = asking_alike.study_id
            and collecting.period_wave_id = asking_alike.period_wave_id
            and collecting.period_grain = asking_alike.period_grain
            and collecting.period_start = asking_alike.period_start
            and collecting.measure_id = asking_alike.measure_id
            and collecting.segment_id = asking_alike.segment_id
            and coalesce(asking_alike.item_code, collecting.category_code)
            = collecting.category_code
    where
        collecting.n_waves = asking_alike.n_waves
        or (collecting.n_waves = sizes.n_waves and not sizes.is_calendar)
),

final as (
    select
        study_id,
        period_wave_id as wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code
    from collected
)

select * from final
