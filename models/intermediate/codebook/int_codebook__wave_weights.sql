/*
    The weights that a wave has: those of its design, or the weight 1 where that has no column for any.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

weight_columns as (
    select *
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'weight'
),

named as (
    select
        waves.study_id,
        waves.wave_id,
        waves.design_id,
        coalesce(weight_columns.weight_id, studies.weight_id) as weight_id,
        studies.weight_id as default_weight_id,
        weight_columns.source_column
    from waves
    inner join studies
        on waves.study_id = studies.study_id
    left join weight_columns
        on waves.design_id = weight_columns.design_id
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        weight_id,
        {{ weight_key() }} as weight_key,

        -- where it is
        design_id,
        source_column,

        -- of measures that name none
        weight_id = default_weight_id as is_default
    from named
)

select * from final
