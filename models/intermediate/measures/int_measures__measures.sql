-- depends_on: {{ ref('int_checks__problems') }}
/*
    Measures as they are estimated: one that the codebook declares for a grid becomes a measure for each of
    the grid's variables, named after both.
*/
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

bases as (
    select * from {{ ref('stg_codebook__bases') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

expanded as (
    select
        measures.measure_id || '__' || members.variable_id as measure_id,
        measures.measure_id as declared_measure_id,
        measures.measure_label || ': ' || variables.variable_label as measure_label,
        {{ estimated_kind('measures.measure_kind') | indent(8) }} as measure_kind,
        measures.measure_kind as declared_kind,
        members.variable_id,
        measures.denominator_variable_id,
        measures.variable_group_id,
        measures.standard_population_id,
        measures.quantile,
        measures.publication_rule_id,
        coalesce(measures.base_id, '_T') as base_id,
        measures.base_description,
        measures.weight_id,
        measures.description,
        variables.variable_label as subject_label
    from measures
    inner join variable_groups
        on measures.variable_group_id = variable_groups.variable_group_id
    inner join members
        on variable_groups.variable_group_id = members.variable_group_id
    inner join variables
        on members.variable_id = variables.variable_id
    where variable_groups.group_kind = 'grid'
),

plain as (
    select
        measures.measure_id,
        measures.measure_id as declared_measure_id,
        measures.measure_label,
        {{ estimated_kind('measures.measure_kind') | indent(8) }} as measure_kind,
        measures.measure_kind as declared_kind,
        measures.variable_id,
        measures.denominator_variable_id,
        measures.variable_group_id,
        measures.standard_population_id,
        measures.quantile,
        measures.publication_rule_id,
        coalesce(measures.base_id, '_T') as base_id,
        measures.base_description,
        measures.weight_id,
        measures.description,
        coalesce(variables.variable_label, variable_groups.variable_group_label) as subject_label
    from measures
    left join variable_groups
        on measures.variable_group_id = variable_groups.variable_group_id
    left join variables
        on measures.variable_id = variables.variable_id
    where coalesce(variable_groups.group_kind, 'none') <> 'grid'
),

united as (
    select * from expanded
    union all
    select * from plain
),

final as (
    select
        united.*,
        bases.base_label
    from united
    left join bases
        on united.base_id = bases.base_id
)

select * from final
