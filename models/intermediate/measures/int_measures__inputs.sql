/*
    Every variable that a measure is made of, and those that say who is in its base. A respondent is in the base of a ratio with both of its
    variables, and in that of a question with several answers with at least one of them.
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

bases as (
    select distinct
        measure_id,
        variable_id
    from {{ ref('int_measures__bases') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

final as (
    select
        measure_id,
        variable_id,
        'estimated' as input_role,
        true as is_required
    from measures
    where variable_id is not null

    union all

    select
        measure_id,
        denominator_variable_id as variable_id,
        'denominator' as input_role,
        true as is_required
    from measures
    where denominator_variable_id is not null

    union all

    select
        measures.measure_id,
        members.variable_id,
        'estimated' as input_role,
        false as is_required
    from measures
    inner join members
        on measures.variable_group_id = members.variable_group_id
    where measures.variable_id is null

    union all

    select
        measures.measure_id,
        standard_populations.variable_id,
        'standard' as input_role,
        true as is_required
    from measures
    inner join standard_populations
        on measures.standard_population_id = standard_populations.standard_population_id

    union all

    select
        measures.measure_id,
        bases.variable_id,
        'base' as input_role,
        true as is_required
    from measures
    inner join bases
        on measures.declared_measure_id = bases.measure_id
)

select * from final
