/*
    The weight that a measure has in each study that asks what it needs: the one that it names, or that of the study.
*/
with

measure_waves as (
    select distinct
        study_id,
        measure_id
    from {{ ref('int_measures__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

named as (
    select
        measure_waves.study_id,
        measure_waves.measure_id,
        coalesce(measures.weight_id, studies.weight_id) as weight_id,
        coalesce(measures.weight_id, studies.weight_id) = studies.weight_id as is_default
    from measure_waves
    inner join measures
        on measure_waves.measure_id = measures.measure_id
    inner join studies
        on measure_waves.study_id = studies.study_id
),

final as (
    select
        -- keys
        study_id,
        measure_id,

        -- weight
        weight_id,
        {{ weight_key() }} as weight_key,
        is_default
    from named
)

select * from final
