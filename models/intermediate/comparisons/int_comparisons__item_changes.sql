/*
    Waves that offered other items than the wave before that asked: shares of responses, and sums of answers and
    their groups, are made of something else there, so that nothing is compared with earlier waves.
*/
with

inputs as (
    select * from {{ ref('int_measures__inputs') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

offered_items as (
    select
        offered.study_id,
        offered.wave_id,
        offered.measure_id,
        offered.category_code as item_id
    from {{ ref('int_measures__offered') }} as offered
    inner join {{ ref('int_measures__measures') }} as measures
        on offered.measure_id = measures.measure_id
    where measures.measure_kind = 'share_of_responses'
),

-- sums, and groups of them, with what is added up
addends as (
    select
        derived_sums.variable_id,
        members.variable_id as item_id
    from {{ ref('stg_codebook__derived_sums') }} as derived_sums
    inner join {{ ref('stg_codebook__variable_group_members') }} as members
        on derived_sums.variable_group_id = members.variable_group_id
),

addends_of_groups as (
    select distinct
        derivations.variable_id,
        addends.item_id
    from {{ ref('stg_codebook__derivations') }} as derivations
    inner join addends
        on derivations.source_variable_id = addends.variable_id
),

all_addends as (
    select * from addends
    union all
    select * from addends_of_groups
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

items as (
    select * from offered_items

    union distinct

    select
        questions.study_id,
        questions.wave_id,
        inputs.measure_id,
        all_addends.item_id
    from all_addends
    inner join inputs
        on all_addends.variable_id = inputs.variable_id
    inner join questions
        on all_addends.item_id = questions.variable_id
),

compositions as (
    select
        measure_waves.study_id,
        measure_waves.wave_id,
        measure_waves.wave_number,
        measure_waves.measure_id,
        {{ joined_in_order('items.item_id', "'+'", 'items.item_id') }} as item_ids
    from measure_waves
    inner join items
        on
            measure_waves.study_id = items.study_id
            and measure_waves.wave_id = items.wave_id
            and measure_waves.measure_id = items.measure_id
    group by
        measure_waves.study_id,
        measure_waves.wave_id,
        measure_waves.wave_number,
        measure_waves.measure_id
),

with_previous as (
    select
        *,
        lag(item_ids) over (
            partition by study_id, measure_id
            order by wave_number
        ) as from_item_ids
    from compositions
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,

        -- order
        wave_number
    from with_previous
    where item_ids <> from_item_ids
)

select * from final
