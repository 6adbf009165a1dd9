{% macro closing_moves(prefix, units, targets, n_axes) -%}
    {#-
        CTEs that choose, for each target, the cheapest move that hides it, given what is hidden already. The
        last one, `<prefix>_support`, has the units to be hidden: block_id, layer_id, segment_id, segment_code.
    -#}
{{ prefix }}_targets as (
    select distinct
        targets.block_id,
        targets.target_id,
        targets.layer_id,
        targets.segment_id,
        targets.segment_code,
        targets.target_size,
        targets.protection_interval
    from {{ targets }} as targets
    inner join points
        on
            targets.segment_id = points.segment_id
            and targets.segment_code = points.segment_code
    where points.n_axes = {{ n_axes }}
),

-- moves that touch a target for certain
{{ prefix }}_candidates as (
    select
        targets.block_id,
        targets.layer_id,
        targets.target_id,
        targets.segment_id,
        targets.segment_code,
        targets.target_size,
        targets.protection_interval,
        moves.move_id
    from {{ prefix }}_targets as targets
    inner join moves
        on
            targets.segment_id = moves.segment_id
            and targets.segment_code = moves.segment_code
    where moves.part = 'core'
),

{{ prefix }}_layers as (
    select distinct
        block_id,
        layer_id,
        move_id
    from {{ prefix }}_candidates
),

-- each part of a move for each choice: what it costs, and how far people can be shifted
{{ prefix }}_choices as (
    select
        layers.block_id,
        layers.layer_id,
        layers.move_id,
        moves.part,
        moves.choice,
        max(case when units.is_blocked then 1 else 0 end) as is_blocked,
        sum(units.n_to_hide) as n_to_hide,
        sum(units.size_to_hide) as size_to_hide,
        min(case when moves.coefficient > 0 then units.room_up else units.room_down end) as room_up,
        min(case when moves.coefficient > 0 then units.room_down else units.room_up end) as room_down
    from {{ prefix }}_layers as layers
    inner join moves
        on layers.move_id = moves.move_id
    inner join {{ units }} as units
        on
            layers.block_id = units.block_id
            and layers.layer_id = units.layer_id
            and moves.segment_id = units.segment_id
            and moves.segment_code = units.segment_code
    group by
        layers.block_id,
        layers.layer_id,
        layers.move_id,
        moves.part,
        moves.choice
),

{{ prefix }}_ranked_choices as (
    select
        *,
        row_number() over (
            partition by block_id, layer_id, move_id, part
            order by
                is_blocked,
                case when room_up > 0 or room_down > 0 then 0 else 1 end,
                n_to_hide,
                size_to_hide,
                choice
        ) as choice_rank
    from {{ prefix }}_choices
),

{{ prefix }}_moves as (
    select
        block_id,
        layer_id,
        move_id,
        sum(n_to_hide) as n_to_hide,
        sum(size_to_hide) as size_to_hide,
        min(room_up) + min(room_down) as room
    from {{ prefix }}_ranked_choices
    where choice_rank = 1
    group by
        block_id,
        layer_id,
        move_id
    having max(is_blocked) = 0
),

{{ prefix }}_ranked_moves as (
    select
        candidates.block_id,
        candidates.layer_id,
        candidates.move_id,
        row_number() over (
            partition by
                candidates.block_id,
                candidates.target_id,
                candidates.segment_id,
                candidates.segment_code
            order by
                chosen.n_to_hide,
                chosen.size_to_hide,
                candidates.move_id,
                candidates.layer_id
        ) as move_rank
    from {{ prefix }}_candidates as candidates
    inner join {{ prefix }}_moves as chosen
        on
            candidates.block_id = chosen.block_id
            and candidates.layer_id = chosen.layer_id
            and candidates.move_id = chosen.move_id
    where
        chosen.room > 0
        and chosen.room * (1 - candidates.protection_interval / 2)
        >= candidates.protection_interval * candidates.target_size
),

{{ prefix }}_chosen as (
    select distinct
        ranked_moves.block_id,
        ranked_moves.layer_id,
        ranked_moves.move_id,
        ranked_choices.part,
        ranked_choices.choice
    from {{ prefix }}_ranked_moves as ranked_moves
    inner join {{ prefix }}_ranked_choices as ranked_choices
        on
            ranked_moves.block_id = ranked_choices.block_id
            and ranked_moves.layer_id = ranked_choices.layer_id
            and ranked_moves.move_id = ranked_choices.move_id
    where
        ranked_moves.move_rank = 1
        and ranked_choices.choice_rank = 1
),

{{ prefix }}_support as (
    select
        chosen.block_id,
        chosen.layer_id,
        moves.segment_id,
        moves.segment_code
    from {{ prefix }}_chosen as chosen
    inner join moves
        on
            chosen.move_id = moves.move_id
            and chosen.part = moves.part
            and chosen.choice = moves.choice

    union

    -- crossings of the points chosen for one person
    select
        former.block_id,
        former.layer_id,
        points.segment_id,
        points.segment_code
    from {{ prefix }}_chosen as former
    inner join {{ prefix }}_chosen as latter
        on
            former.block_id = latter.block_id
            and former.layer_id = latter.layer_id
            and former.move_id = latter.move_id
    inner join points
        on
            former.part = points.axis_id
            and former.choice = points.point_code
            and latter.part = points.other_axis_id
            and latter.choice = points.other_point_code
    where former.move_id = 'person'
)
{%- endmacro %}
