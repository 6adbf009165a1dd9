/*
    Bridges that lie between two waves of a measure: what the earlier one is multiplied with to be comparable
    with the later one, once per bridge.
*/
with

bridges as (
    select distinct
        study_id,
        measure_id,
        break_id,
        break_wave_number,
        bridge_factor,
        bridge_error
    from {{ ref('int_comparisons__measure_breaks') }}
    where bridge_factor is not null
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

final as (
    select
        -- keys
        bridges.study_id,
        bridges.measure_id,
        earlier.wave_id as earlier_wave_id,
        later.wave_id as later_wave_id,
        bridges.break_id,

        -- factor and its error
        bridges.bridge_factor,
        bridges.bridge_error
    from bridges
    inner join measure_waves as earlier
        on
            bridges.study_id = earlier.study_id
            and bridges.measure_id = earlier.measure_id
            and bridges.break_wave_number > earlier.wave_number
    inner join measure_waves as later
        on
            bridges.study_id = later.study_id
            and bridges.measure_id = later.measure_id
            and bridges.break_wave_number <= later.wave_number
)

select * from final
