/*
    Periods with a break: the wave after it; pooled waves with one in between; and the first calendar period of
    each grain with interviews of that wave.
*/
with

breaks as (
    select * from {{ ref('int_comparisons__measure_breaks') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

broken as (
    select
        period_waves.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        period_waves.period_end,
        breaks.measure_id,
        breaks.break_id,
        breaks.is_dividing,
        breaks.bridge_factor,
        min(waves.wave_number) over (
            partition by
                period_waves.study_id,
                period_waves.period_wave_id,
                period_waves.period_grain,
                period_waves.period_start,
                breaks.measure_id,
                breaks.break_id
        ) as first_broken_number,
        row_number() over (
            partition by
                period_waves.study_id,
                period_waves.period_grain,
                breaks.measure_id,
                breaks.break_id
            order by period_waves.period_start
        ) as place
    from period_waves
    inner join breaks
        on
            period_waves.study_id = breaks.study_id
            and period_waves.wave_id = breaks.wave_id
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
),

period_starts as (
    select
        period_waves.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        min(waves.wave_number) as first_number
    from period_waves
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
    group by
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start
),

final as (
    select
        -- keys
        broken.study_id,
        broken.wave_id,
        broken.period_grain,
        broken.period_start,
        broken.measure_id,

        -- waves on both sides of a hard break make no estimate together
        max(
            case
                when
                    (broken.is_dividing or broken.bridge_factor is not null)
                    and broken.period_end is null
                    and period_starts.first_number < broken.first_broken_number
                    then 1
                else 0
            end
        ) = 1 as is_divided
    from broken
    inner join period_starts
        on
            broken.study_id = period_starts.study_id
            and broken.wave_id = period_starts.wave_id
            and broken.period_grain = period_starts.period_grain
            and broken.period_start = period_starts.period_start
    where
        broken.period_end is null
        or broken.place = 1
    group by
        broken.study_id,
        broken.wave_id,
        broken.period_grain,
        broken.period_start,
        broken.measure_id
)

select * from final
