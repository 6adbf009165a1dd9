/*
    Breaks by measure: of any of its variables. A hard one with a bridge divides no series. `break_wave_number` says after which wave number estimates are
    no longer like those before.
    Where a wave offered other items (int_comparisons__item_changes), the break `other_items:<wave_id>` divides the
    series; no codebook needs to declare it.
*/
with

breaks as (
    select * from {{ ref('int_comparisons__variable_breaks') }}
),

inputs as (
    select * from {{ ref('int_measures__inputs') }}
),

bridges as (
    select
        bridges.break_id,
        measures.measure_id,
        bridges.bridge_factor,
        bridges.standard_error
    from {{ ref('stg_codebook__bridges') }} as bridges
    inner join {{ ref('int_measures__measures') }} as measures
        on bridges.measure_id = measures.declared_measure_id
),

item_changes as (
    select * from {{ ref('int_comparisons__item_changes') }}
),

declared as (
    select
        breaks.study_id,
        breaks.wave_id,
        inputs.measure_id,
        breaks.break_id,
        max(breaks.break_wave_number) as break_wave_number,
        max(case when breaks.severity = 'hard' then 1 else 0 end) = 1
        and max(bridges.bridge_factor) is null as is_dividing,
        max(bridges.bridge_factor) as bridge_factor,
        max(bridges.standard_error) as bridge_error,
        max(breaks.description) as break_description
    from breaks
    inner join inputs
        on breaks.variable_id = inputs.variable_id
    left join bridges
        on
            breaks.break_id = bridges.break_id
            and inputs.measure_id = bridges.measure_id
    group by
        breaks.study_id,
        breaks.wave_id,
        inputs.measure_id,
        breaks.break_id
),

final as (
    select * from declared

    union all

    select
        study_id,
        wave_id,
        measure_id,
        'other_items:' || wave_id as break_id,
        wave_number as break_wave_number,
        true as is_dividing,
        cast(null as {{ type_number() }}) as bridge_factor,
        cast(null as {{ type_number() }}) as bridge_error,
        'Other items were offered than in the wave before.' as break_description
    from item_changes
)

select * from final
