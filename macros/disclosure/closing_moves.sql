{% macro closing_moves(prefix, units, targets, n_axes) -%}
    {#-
        CTEs that choose, for each target, the cheapest move that suppresses it, given what is suppressed already. The
        last one, `<prefix>_support`, has the units to be suppressed: block_id, layer_id, segment_id, segment_code.
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
        sum(units.n_to_suppress) as n_to_suppress,
        sum(units.size_to_suppress) as size_to_suppress,
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
        choices.*,
        directions.direction,
        row_number() over (
            partition by
                choices.block_id,
                choices.layer_id,
                choices.move_id,
                choices.part,
                directions.direction
            order by
                choices.is_blocked,
                case
                    when directions.direction = 1 and choices.room_up > 0 then 0
                    when directions.direction = -1 and choices.room_down > 0 then 0
                    else 1
                end,
                -- large groups, so that their crossings are not empty
                case
                    when choices.move_id <> 'person' then 0
                    when directions.direction = 1 then -choices.room_up
                    else -choices.room_down
                end,
                choices.n_to_suppress,
                choices.size_to_suppress,
                {{ wavehouse.by_code_point('choices.choice') }}
        ) as choice_rank
    from {{ prefix }}_choices as choices
    cross join (select 1 as direction union all select -1 as direction) as directions
),

{{ prefix }}_supports as (
    select
        choices.block_id,
        choices.layer_id,
        choices.move_id,
        choices.direction,
        moves.segment_id,
        moves.segment_code,
        moves.coefficient
    from {{ prefix }}_ranked_choices as choices
    inner join moves
        on
            choices.move_id = moves.move_id
            and choices.part = moves.part
            and choices.choice = moves.choice
    where choices.choice_rank = 1

    union distinct

    -- crossings of the points chosen for one person
    select
        former.block_id,
        former.layer_id,
        former.move_id,
        former.direction,
        points.segment_id,
        points.segment_code,
        1 as coefficient
    from {{ prefix }}_ranked_choices as former
    inner join {{ prefix }}_ranked_choices as latter
        on
            former.block_id = latter.block_id
            and former.layer_id = latter.layer_id
            and former.move_id = latter.move_id
            and former.direction = latter.direction
    inner join points
        on
            former.part = points.axis_id
            and former.choice = points.point_code
            and latter.part = points.other_axis_id
            and latter.choice = points.other_point_code
    where
        former.move_id = 'person'
        and former.choice_rank = 1
        and latter.choice_rank = 1
),

{{ prefix }}_moves as (
    select
        supports.block_id,
        supports.layer_id,
        supports.move_id,
        supports.direction,
        max(case when units.is_blocked then 1 else 0 end) as is_blocked,
        sum(units.n_to_suppress) as n_to_suppress,
        sum(units.size_to_suppress) as size_to_suppress,
        min(
            case
                when supports.coefficient = supports.direction then units.room_up
                else units.room_down
            end
        ) as room,
        min(
            case
                when supports.coefficient = supports.direction then units.room_down
                else units.room_up
            end
        ) as room_back
    from {{ prefix }}_supports as supports
    inner join {{ units }} as units
        on
            supports.block_id = units.block_id
            and supports.layer_id = units.layer_id
            and supports.segment_id = units.segment_id
            and supports.segment_code = units.segment_code
    group by
        supports.block_id,
        supports.layer_id,
        supports.move_id,
        supports.direction
),

{{ prefix }}_ranked_moves as (
    select
        chosen.block_id,
        chosen.layer_id,
        chosen.move_id,
        chosen.direction,
        row_number() over (
            partition by
                candidates.block_id,
                candidates.target_id,
                candidates.segment_id,
                candidates.segment_code
            order by
                -- where no move has enough room, one that at least keeps sums from telling exactly
                case
                    when
                        chosen.room > 0
                        and (chosen.room + chosen.room_back)
                        * (1 - candidates.protection_interval / 2)
                        >= candidates.protection_interval * candidates.target_size
                        then 0
                    else 1
                end,
                chosen.n_to_suppress,
                chosen.size_to_suppress,
                {{ wavehouse.by_code_point('chosen.move_id') }},
                {{ wavehouse.by_code_point('chosen.layer_id') }},
                chosen.direction
        ) as move_rank
    from {{ prefix }}_candidates as candidates
    inner join {{ prefix }}_moves as chosen
        on
            candidates.block_id = chosen.block_id
            and candidates.layer_id = chosen.layer_id
            and candidates.move_id = chosen.move_id
    where chosen.is_blocked = 0
),

{{ prefix }}_support as (
    select distinct
        ranked_moves.block_id,
        ranked_moves.layer_id,
        supports.segment_id,
        supports.segment_code
    from {{ prefix }}_ranked_moves as ranked_moves
    inner join {{ prefix }}_supports as supports
        on
            ranked_moves.block_id = supports.block_id
            and ranked_moves.layer_id = supports.layer_id
            and ranked_moves.move_id = supports.move_id
            and ranked_moves.direction = supports.direction
    where ranked_moves.move_rank = 1
)
{%- endmacro %}
