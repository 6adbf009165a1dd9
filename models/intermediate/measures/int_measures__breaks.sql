/*
    Breaks by measure: of any of its variables. `break_wave_number` says after which wave number estimates are
    no longer like those before.
*/
with

breaks as (
    select * from {{ ref('int_codebook__breaks_by_wave') }}
),

inputs as (
    select * from {{ ref('int_measures__inputs') }}
),

final as (
    select
        breaks.study_id,
        breaks.wave_id,
        inputs.measure_id,
        breaks.break_id,
        max(breaks.break_wave_number) as break_wave_number,
        max(case when breaks.severity = 'hard' then 1 else 0 end) = 1 as is_hard
    from breaks
    inner join inputs
        on breaks.variable_id = inputs.variable_id
    group by
        breaks.study_id,
        breaks.wave_id,
        inputs.measure_id,
        breaks.break_id
)

select * from final
