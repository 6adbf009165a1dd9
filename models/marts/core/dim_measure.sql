-- depends_on: {{ ref('int_checks__problems') }}
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

final as (
    select
        -- key
        measures.measure_id,

        -- labels
        measures.measure_label,
        measures.description as measure_description,
        measures.measure_kind,
        measures.base_description,

        -- what it is made of
        measures.variable_id,
        variables.variable_label,
        variables.unit
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
)

select * from final
