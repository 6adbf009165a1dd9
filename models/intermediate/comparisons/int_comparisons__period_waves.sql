/*
    Which interviews a period is made of: a wave is a period, so are windows of pooled waves and calendar
    periods, and a set of waves that are compared. One row per period and wave; of calendar periods, only
    the interviews between period_start and period_end.
    `period_wave_id` names the period's wave: of pooled waves the last, of sets all of them; `_Z` for calendar
    periods, which may lie in several waves.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

pooled_waves as (
    select * from {{ ref('stg_codebook__pooled_waves') }}
),

calendar_periods as (
    select * from {{ ref('int_comparisons__calendar_periods') }}
),

interviews as (
    select
        study_id,
        wave_id,
        min(interview_date) as first_date,
        max(interview_date) as last_date
    from {{ ref('int_delivered__respondents') }}
    group by
        study_id,
        wave_id
),

wave_sets as (
    select * from {{ ref('int_comparisons__wave_sets') }}
),

numbered as (
    select
        *,
        row_number() over (partition by study_id order by wave_number) as place
    from waves
),

single as (
    select
        study_id,
        wave_id,
        'wave' as period_grain,
        wave_date as period_start,
        cast(null as date) as period_end,
        wave_id as period_wave_id
    from waves
),

pooled as (
    select
        last_wave.study_id,
        pooled.wave_id,
        'pooled_' || cast(pooled_waves.n_waves as {{ dbt.type_string() }}) as period_grain,
        last_wave.wave_date as period_start,
        cast(null as date) as period_end,
        last_wave.wave_id as period_wave_id
    from pooled_waves
    inner join numbered as last_wave
        on
            pooled_waves.study_id = last_wave.study_id
            and pooled_waves.n_waves <= last_wave.place
    inner join numbered as pooled
        on
            last_wave.study_id = pooled.study_id
            and last_wave.place - pooled_waves.n_waves < pooled.place
            and last_wave.place >= pooled.place
),

calendar as (
    select
        interviews.study_id,
        interviews.wave_id,
        calendar_periods.period_grain,
        calendar_periods.period_start,
        calendar_periods.period_end,
        '_Z' as period_wave_id
    from calendar_periods
    inner join interviews
        on
            calendar_periods.study_id = interviews.study_id
            and calendar_periods.period_start <= interviews.last_date
            and calendar_periods.period_end >= interviews.first_date
),

compared as (
    select
        wave_sets.study_id,
        wave_sets.wave_id,
        'wave_set' as period_grain,
        max(waves.wave_date) over (
            partition by wave_sets.study_id, wave_sets.wave_set_id
        ) as period_start,
        cast(null as date) as period_end,
        wave_sets.wave_set_id as period_wave_id
    from wave_sets
    inner join waves
        on
            wave_sets.study_id = waves.study_id
            and wave_sets.wave_id = waves.wave_id
),

united as (
    select * from single
    union all
    select * from pooled
    union all
    select * from calendar
    union all
    select * from compared
),

final as (
    select
        -- keys
        {{ integer_key(['study_id', 'period_wave_id', 'period_grain', 'period_start']) }}
            as period_key,
        {{ integer_key(['study_id', 'wave_id']) }} as wave_key,

        -- what they stand for
        united.*
    from united
)

select * from final
