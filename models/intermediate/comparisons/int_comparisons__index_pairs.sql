-- depends_on: {{ ref('int_checks__problems') }}
-- Which waves are shown as an index of which base wave, per measure.
with

indices as (
    select * from {{ ref('stg_codebook__indices') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

final as (
    select
        -- keys
        indices.study_id,
        measure_waves.measure_id,
        indices.base_wave_id,
        measure_waves.wave_id,

        -- order
        base_waves.wave_number as base_wave_number,
        measure_waves.wave_number,
        -- base first: each of two waves may be the other's base
        indices.base_wave_id || '+' || measure_waves.wave_id as wave_set_id
    from indices
    inner join measure_waves
        on
            indices.study_id = measure_waves.study_id
            and indices.base_wave_id <> measure_waves.wave_id
    inner join measure_waves as base_waves
        on
            indices.study_id = base_waves.study_id
            and indices.base_wave_id = base_waves.wave_id
            and measure_waves.measure_id = base_waves.measure_id
)

select * from final
