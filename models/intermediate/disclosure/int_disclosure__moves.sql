/*
    Shifts of people that leave every sum of segment values as it is: what they touch can be suppressed together
    and then not be told apart. One row per segment value that a shift touches.
    1. `switch`: one person goes from one point of an axis to another. The values of that axis change; of each
       crossing with another axis, those at one point of the other axis, which may be chosen (`part` is the
       other axis, `choice` the point).
    2. `swap`: two people exchange their points on one axis and keep those on the other. Only crossings change.
    3. `person`: somebody more in the whole sample, at one point of each axis, which may be chosen. The
       crossings of chosen points follow.
    The coefficient is 1 where somebody is added and -1 where somebody is taken away.
*/
with

points as (
    select * from {{ ref('int_disclosure__segment_points') }}
),

axis_points as (
    select distinct
        axis_id,
        point_code
    from points
    where n_axes > 0
),

point_pairs as (
    select
        former.axis_id,
        former.point_code,
        latter.point_code as other_point_code
    from axis_points as former
    inner join axis_points as latter
        on
            former.axis_id = latter.axis_id
            and former.point_code < latter.point_code
),

crossed_axes as (
    select distinct
        axis_id,
        other_axis_id
    from points
    where n_axes = 2
),

switch_ends as (
    select
        axis_id,
        'switch ' || axis_id || ': ' || point_code || ' - ' || other_point_code as move_id,
        point_code,
        1 as coefficient
    from point_pairs

    union all

    select
        axis_id,
        'switch ' || axis_id || ': ' || point_code || ' - ' || other_point_code as move_id,
        other_point_code as point_code,
        -1 as coefficient
    from point_pairs
),

switches as (
    select
        switch_ends.move_id,
        case
            when points.n_axes = 1 then 'core' else points.other_axis_id
        end as part,
        case
            when points.n_axes = 1 then '_Z' else points.other_point_code
        end as choice,
        points.segment_id,
        points.segment_code,
        switch_ends.coefficient
    from switch_ends
    inner join points
        on
            switch_ends.axis_id = points.axis_id
            and switch_ends.point_code = points.point_code
),

swap_corners as (
    select
        crossed_axes.axis_id,
        crossed_axes.other_axis_id,
        first_pairs.point_code as first_low,
        first_pairs.other_point_code as first_high,
        second_pairs.point_code as second_low,
        second_pairs.other_point_code as second_high
    from crossed_axes
    inner join point_pairs as first_pairs
        on crossed_axes.axis_id = first_pairs.axis_id
    inner join point_pairs as second_pairs
        on crossed_axes.other_axis_id = second_pairs.axis_id
    where crossed_axes.axis_id < crossed_axes.other_axis_id
),

swaps as (
    select
        'swap ' || corners.axis_id || ': ' || corners.first_low || ' - ' || corners.first_high
        || ', ' || corners.other_axis_id || ': ' || corners.second_low || ' - '
        || corners.second_high as move_id,
        'core' as part,
        '_Z' as choice,
        points.segment_id,
        points.segment_code,
        case
            when
                (points.point_code = corners.first_low)
                = (points.other_point_code = corners.second_low)
                then 1
            else -1
        end as coefficient
    from swap_corners as corners
    inner join points
        on
            corners.axis_id = points.axis_id
            and corners.other_axis_id = points.other_axis_id
            and points.point_code in (corners.first_low, corners.first_high)
            and points.other_point_code in (corners.second_low, corners.second_high)
),

persons as (
    select
        'person' as move_id,
        case when n_axes = 0 then 'core' else axis_id end as part,
        case when n_axes = 0 then '_Z' else point_code end as choice,
        segment_id,
        segment_code,
        1 as coefficient
    from points
    where n_axes < 2

    union all

    -- an axis of crossings alone has its points too
    select
        'person' as move_id,
        axis_points.axis_id as part,
        axis_points.point_code as choice,
        points.segment_id,
        points.segment_code,
        1 as coefficient
    from axis_points
    cross join points
    where points.n_axes = 0
),

touched as (
    select * from switches
    union all
    select * from swaps
    union all
    select * from persons
),

final as (
    select
        move_id,
        part,
        choice,
        segment_id,
        segment_code,
        cast(sum(coefficient) as integer) as coefficient
    from touched
    group by
        move_id,
        part,
        choice,
        segment_id,
        segment_code
    -- both ends in one coarse group: nothing changes there
    having sum(coefficient) <> 0
)

select * from final
