/*
    Which segment value a person belongs to, by the place on each axis. The whole sample has no axis, a
    crossing two; its rows are there in both orders.
*/
with

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

axes as (
    select * from {{ ref('int_disclosure__axes') }}
),

whole_sample as (
    select
        segment_id,
        segment_code,
        0 as n_axes,
        cast(null as {{ dbt.type_string() }}) as axis_id,
        cast(null as {{ dbt.type_string() }}) as point_code,
        cast(null as {{ dbt.type_string() }}) as other_axis_id,
        cast(null as {{ dbt.type_string() }}) as other_point_code
    from segment_values
    where first_variable_id is null
),

single as (
    select
        segment_values.segment_id,
        segment_values.segment_code,
        1 as n_axes,
        axes.axis_id,
        axes.point_code,
        cast(null as {{ dbt.type_string() }}) as other_axis_id,
        cast(null as {{ dbt.type_string() }}) as other_point_code
    from segment_values
    inner join axes
        on
            segment_values.first_variable_id = axes.variable_id
            and segment_values.first_category_code = axes.category_code
    where segment_values.second_variable_id is null
),

crossed as (
    select
        segment_values.segment_id,
        segment_values.segment_code,
        first_axes.axis_id as first_axis_id,
        first_axes.point_code as first_point_code,
        second_axes.axis_id as second_axis_id,
        second_axes.point_code as second_point_code
    from segment_values
    inner join axes as first_axes
        on
            segment_values.first_variable_id = first_axes.variable_id
            and segment_values.first_category_code = first_axes.category_code
    inner join axes as second_axes
        on
            segment_values.second_variable_id = second_axes.variable_id
            and segment_values.second_category_code = second_axes.category_code
),

final as (
    select * from whole_sample

    union all

    select * from single

    union all

    -- a variable crossed with groups of itself has one axis only
    select
        segment_id,
        segment_code,
        1 as n_axes,
        first_axis_id as axis_id,
        first_point_code as point_code,
        cast(null as {{ dbt.type_string() }}) as other_axis_id,
        cast(null as {{ dbt.type_string() }}) as other_point_code
    from crossed
    where
        first_axis_id = second_axis_id
        and first_point_code = second_point_code

    union all

    select
        segment_id,
        segment_code,
        2 as n_axes,
        first_axis_id as axis_id,
        first_point_code as point_code,
        second_axis_id as other_axis_id,
        second_point_code as other_point_code
    from crossed
    where first_axis_id <> second_axis_id

    union all

    select
        segment_id,
        segment_code,
        2 as n_axes,
        second_axis_id as axis_id,
        second_point_code as point_code,
        first_axis_id as other_axis_id,
        first_point_code as other_point_code
    from crossed
    where first_axis_id <> second_axis_id
)

select * from final
