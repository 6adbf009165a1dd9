-- depends_on: {{ ref('int_checks__problems') }}
/*
    Where the categories of a segment's variable lie on its axis. Variables that are derived from one another
    share an axis, so that coarse and fine groups are known to nest.
    1. The axis is the variable that others are derived from; its own categories are the points.
    2. Groups of a number have the stretches between all their bounds as points, named by the lower bound.
*/
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

segment_variables as (
    select distinct variable_id
    from {{ ref('stg_codebook__segment_variables') }}
),

own_axis as (
    select
        variables.variable_id,
        categories.category_code,
        variables.variable_id as axis_id,
        categories.category_code as point_code
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
    where variables.variable_id not in (select derivations.variable_id from derivations)
),

of_categories as (
    select
        segment_variables.variable_id,
        derivations.category_code,
        derivations.source_variable_id as axis_id,
        derivations.source_category_code as point_code
    from segment_variables
    inner join derivations
        on segment_variables.variable_id = derivations.variable_id
    where derivations.source_category_code is not null
),

cuts as (
    select distinct
        source_variable_id,
        lower_bound
    from derivations
    where source_category_code is null

    union distinct

    select distinct
        source_variable_id,
        upper_bound as lower_bound
    from derivations
    where
        source_category_code is null
        and upper_bound is not null
),

of_numbers as (
    select
        segment_variables.variable_id,
        derivations.category_code,
        derivations.source_variable_id as axis_id,
        coalesce(cast(cuts.lower_bound as {{ dbt.type_string() }}), 'lowest') as point_code
    from segment_variables
    inner join derivations
        on segment_variables.variable_id = derivations.variable_id
    inner join cuts
        on
            derivations.source_variable_id = cuts.source_variable_id
            and (
                derivations.lower_bound is null
                or derivations.lower_bound <= cuts.lower_bound
            )
            and (
                derivations.upper_bound is null
                or cuts.lower_bound is null
                or derivations.upper_bound > cuts.lower_bound
            )
    where derivations.source_category_code is null
),

final as (
    select * from own_axis
    union all
    select * from of_categories
    union all
    select * from of_numbers
)

select * from final
