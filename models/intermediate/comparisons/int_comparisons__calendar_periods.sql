-- depends_on: {{ ref('int_checks__problems') }}
/*
    The calendar periods of each study that declares a grain: from the period of its first interview to that of
    its last, also those without an interview.
*/
with

calendar_grains as (
    select * from {{ ref('stg_codebook__calendar_grains') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

days as (
    select * from {{ ref('int_comparisons__days') }}
),

fielded as (
    select
        study_id,
        min(interview_date) as first_date,
        max(interview_date) as last_date
    from respondents
    group by study_id
),

spanned as (
    select
        calendar_grains.study_id,
        calendar_grains.period_grain,
        days.date_day,
        {{ start_of_period('calendar_grains.period_grain', 'days.date_day') | indent(8) }}
            as period_start,
        {{ start_of_period('calendar_grains.period_grain', 'fielded.first_date') | indent(8) }}
            as first_period_start,
        {{ start_of_period('calendar_grains.period_grain', 'fielded.last_date') | indent(8) }}
            as last_period_start
    from calendar_grains
    inner join fielded
        on calendar_grains.study_id = fielded.study_id
    -- a year more on both sides, so that the first and the last period are whole
    inner join days
        on
            {{ dbt.dateadd('year', -1, 'fielded.first_date') }} <= days.date_day
            and {{ dbt.dateadd('year', 1, 'fielded.last_date') }} >= days.date_day
),

final as (
    select
        study_id,
        period_grain,
        period_start,
        max(date_day) as period_end
    from spanned
    where
        period_start >= first_period_start
        and period_start <= last_period_start
    group by
        study_id,
        period_grain,
        period_start
)

select * from final
