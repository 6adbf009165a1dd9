/*
    Which variables a wave's answers are summed of, and with which weights: those of its measures.
*/
with

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

final as (
    select distinct
        -- keys
        {{ integer_key(['measure_waves.study_id', 'measure_waves.wave_id']) }} as wave_key,
        variables.variable_key,
        weights.weight_key
    from measure_waves
    inner join measures
        on measure_waves.measure_id = measures.measure_id
    inner join weights
        on
            measure_waves.study_id = weights.study_id
            and measure_waves.measure_id = weights.measure_id
    inner join variables
        on
            measures.variable_id = variables.variable_id
            and measures.base_id = variables.base_id
)

select * from final
