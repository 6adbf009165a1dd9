with

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

final as (
    select
        -- key
        measures.measure_id,

        -- labels
        measures.measure_label,
        measures.description as measure_description,
        measures.measure_kind,
        measures.declared_kind,
        measures.base_description,

        -- what it is made of
        measures.variable_id,
        measures.subject_label as variable_label,
        variables.unit,
        measures.denominator_variable_id,
        measures.variable_group_id,
        measures.standard_population_id,
        measures.quantile,

        -- of whom it is
        nullif(measures.base_id, '_T') as base_id,
        measures.base_label,

        -- with which weight
        measures.weight_id
    from measures
    left join variables
        on measures.variable_id = variables.variable_id
)

select * from final
