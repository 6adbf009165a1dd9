-- depends_on: {{ ref('int_checks__problems') }}
/*
    The calendar periods of each study that declares a grain: those that touch the fieldwork of a wave, also where
    nobody was interviewed in them. Between the fieldwork of two waves there are none.
    1. Fieldwork is what the codebook declares, and lasts from the first interview to the last in any case.
    2. While it goes on, it reaches to the last interview that was delivered: of later ones nobody knows.
*/
with

calendar_grains as (
    select * from {{ ref('stg_codebook__calendar_grains') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

days as (
    select * from {{ ref('int_comparisons__days') }}
),

interview_days as (
    select distinct
        study_id,
        wave_id,
        interview_date
    from respondents
    where interview_date is not null
),

interviews as (
    select distinct
        study_id,
        interview_date
    from interview_days
),

fieldwork as (
    select
        interview_days.study_id,
        interview_days.wave_id,
        -- of these two a missing one does not count
        least(min(waves.fieldwork_start), min(interview_days.interview_date)) as first_date,
        greatest(
            max(case when waves.fieldwork_end < {{ last_day() }} then waves.fieldwork_end end),
            max(interview_days.interview_date)
        ) as last_date
    from interview_days
    inner join waves
        on
            interview_days.study_id = waves.study_id
            and interview_days.wave_id = waves.wave_id
    group by
        interview_days.study_id,
        interview_days.wave_id
),

spans as (
    select
        study_id,
        min(first_date) as first_date,
        max(last_date) as last_date
    from fieldwork
    group by study_id
),

fielded_days as (
    select distinct
        fieldwork.study_id,
        days.date_day
    from fieldwork
    inner join days
        on days.date_day between fieldwork.first_date and fieldwork.last_date
),

spanned as (
    select
        calendar_grains.study_id,
        calendar_grains.period_grain,
        days.date_day,
        {{ start_of_period('calendar_grains.period_grain', 'days.date_day') | indent(8) }}
            as period_start,
        fielded_days.date_day is not null as is_fielded,
        interviews.interview_date is not null as has_interviews
    from calendar_grains
    inner join spans
        on calendar_grains.study_id = spans.study_id
    -- a year more on both sides, so that the first and the last period are whole
    inner join days
        on
            {{ dbt.dateadd('year', -1, 'spans.first_date') }} <= days.date_day
            and {{ dbt.dateadd('year', 1, 'spans.last_date') }} >= days.date_day
    left join fielded_days
        on
            calendar_grains.study_id = fielded_days.study_id
            and days.date_day = fielded_days.date_day
    left join interviews
        on
            calendar_grains.study_id = interviews.study_id
            and days.date_day = interviews.interview_date
),

final as (
    select
        study_id,
        period_grain,
        period_start,
        max(date_day) as period_end,
        max(case when has_interviews then 1 else 0 end) = 1 as has_interviews
    from spanned
    group by
        study_id,
        period_grain,
        period_start
    having max(case when is_fielded then 1 else 0 end) = 1
)

select * from final
