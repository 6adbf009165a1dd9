-- depends_on: {{ ref('int_checks__problems') }}
/*
    Runs of waves without a hard break between them, per measure: what a slope may be laid through.
*/
with

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

hard_breaks as (
    select distinct
        study_id,
        measure_id,
        break_wave_number
    from {{ ref('int_comparisons__measure_breaks') }}
    where is_dividing
),

numbered as (
    select
        measure_waves.study_id,
        measure_waves.measure_id,
        measure_waves.wave_id,
        measure_waves.wave_number,
        measure_waves.wave_date,
        1 + count(hard_breaks.break_wave_number) as series_number
    from measure_waves
    left join hard_breaks
        on
            measure_waves.study_id = hard_breaks.study_id
            and measure_waves.measure_id = hard_breaks.measure_id
            and measure_waves.wave_number >= hard_breaks.break_wave_number
    group by
        measure_waves.study_id,
        measure_waves.measure_id,
        measure_waves.wave_id,
        measure_waves.wave_number,
        measure_waves.wave_date
),

named as (
    select
        study_id,
        measure_id,
        series_number,
        {{ joined_in_order('wave_id', "'+'", 'wave_number') }} as wave_set_id,
        count(*) as n_waves,
        max(wave_number) as last_wave_number
    from numbered
    group by
        study_id,
        measure_id,
        series_number
),

final as (
    select
        -- keys
        numbered.study_id,
        numbered.measure_id,
        numbered.series_number,
        numbered.wave_id,

        -- order
        numbered.wave_number,
        numbered.wave_date,
        named.wave_set_id,
        named.n_waves,
        last_waves.wave_id as last_wave_id
    from numbered
    inner join named
        on
            numbered.study_id = named.study_id
            and numbered.measure_id = named.measure_id
            and numbered.series_number = named.series_number
    inner join numbered as last_waves
        on
            named.study_id = last_waves.study_id
            and named.measure_id = last_waves.measure_id
            and named.last_wave_number = last_waves.wave_number
)

select * from final
