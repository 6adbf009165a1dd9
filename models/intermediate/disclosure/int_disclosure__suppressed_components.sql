/*
    Which components of a base are suppressed: single categories, in bases that are shown. What nobody of the
    suppressed bases chose is protected here too, since a sum of nothing tells all of its parts.
    1. A figure is protected in each layer that changes it (int_disclosure__layers).
    2. Nets and scores that tell the two apart are suppressed with them.
*/
with

figures as (
    select * from {{ ref('int_disclosure__figures') }}
),

layer_figures as (
    select * from {{ ref('int_disclosure__layers') }}
),

points as (
    select * from {{ ref('int_disclosure__segment_points') }}
),

moves as (
    select * from {{ ref('int_disclosure__moves') }}
),

target_figures as (
    select *
    from figures
    where is_confidential
),

target_blocks as (
    select distinct block_id
    from target_figures
),

targets as (
    select
        target_figures.block_id,
        target_figures.figure_id as target_id,
        layer_figures.layer_id,
        target_figures.segment_id,
        target_figures.segment_code,
        abs(target_figures.weighted_total) as target_size,
        target_figures.protection_interval
    from target_figures
    inner join layer_figures
        on
            target_figures.block_id = layer_figures.block_id
            and target_figures.figure_id = layer_figures.figure_id
),

target_layers as (
    select distinct
        targets.block_id,
        targets.layer_id,
        layer_figures.first_id,
        layer_figures.second_id
    from targets
    inner join layer_figures
        on
            targets.block_id = layer_figures.block_id
            and targets.layer_id = layer_figures.layer_id
),

block_cells as (
    select
        figures.block_id,
        figures.segment_id,
        figures.segment_code,
        max(figures.sum_of_weights) as sum_of_weights,
        max(case when figures.has_suppressed_base then 1 else 0 end) = 1 as has_suppressed_base,
        min(case when figures.is_known_empty then 1 else 0 end) = 1 as is_known_empty
    from figures
    inner join target_blocks
        on figures.block_id = target_blocks.block_id
    group by
        figures.block_id,
        figures.segment_id,
        figures.segment_code
),

layer_cells as (
    select
        target_layers.block_id,
        target_layers.layer_id,
        block_cells.segment_id,
        block_cells.segment_code,
        block_cells.is_known_empty
        or (
            target_layers.second_id is null
            and not target_layers.first_id like '% #_Z' escape '#'
            and not block_cells.has_suppressed_base
        ) as is_blocked,
        case
            when target_layers.first_id like '% #_Z' escape '#' then block_cells.sum_of_weights
            when target_layers.second_id is null then 1e300
            else coalesce(second_figures.weighted_total, block_cells.sum_of_weights)
        end as room_up,
        case
            when target_layers.first_id like '% #_Z' escape '#' then block_cells.sum_of_weights
            else coalesce(first_figures.weighted_total, block_cells.sum_of_weights)
        end as room_down
    from target_layers
    inner join block_cells
        on target_layers.block_id = block_cells.block_id
    left join figures as first_figures
        on
            block_cells.block_id = first_figures.block_id
            and block_cells.segment_id = first_figures.segment_id
            and block_cells.segment_code = first_figures.segment_code
            and target_layers.first_id = first_figures.figure_id
    left join figures as second_figures
        on
            block_cells.block_id = second_figures.block_id
            and block_cells.segment_id = second_figures.segment_id
            and block_cells.segment_code = second_figures.segment_code
            and target_layers.second_id = second_figures.figure_id
),

suppressed_0 as (
    select
        block_id,
        figure_id,
        segment_id,
        segment_code
    from figures
    where is_confidential or has_suppressed_base
),
{% for n_axes in range(3) %}
costs_{{ n_axes }} as (
    select
        layer_figures.block_id,
        layer_figures.layer_id,
        figures.segment_id,
        figures.segment_code,
        sum(
            case
                when suppressed.block_id is null then figures.n_rows - figures.n_suppressed else 0
            end
        ) as n_to_suppress,
        sum(
            case when suppressed.block_id is null then abs(figures.weighted_total) else 0 end
        ) as size_to_suppress
    from layer_figures
    inner join figures
        on
            layer_figures.block_id = figures.block_id
            and layer_figures.figure_id = figures.figure_id
    left join suppressed_{{ n_axes }} as suppressed
        on
            figures.block_id = suppressed.block_id
            and figures.figure_id = suppressed.figure_id
            and figures.segment_id = suppressed.segment_id
            and figures.segment_code = suppressed.segment_code
    group by
        layer_figures.block_id,
        layer_figures.layer_id,
        figures.segment_id,
        figures.segment_code
),

units_{{ n_axes }} as (
    select
        layer_cells.*,
        coalesce(costs.n_to_suppress, 0) as n_to_suppress,
        -- rounded, so that engines that add in another order choose alike
        floor(coalesce(costs.size_to_suppress, 0) * 1000 + 0.5) as size_to_suppress
    from layer_cells
    left join costs_{{ n_axes }} as costs
        on
            layer_cells.block_id = costs.block_id
            and layer_cells.layer_id = costs.layer_id
            and layer_cells.segment_id = costs.segment_id
            and layer_cells.segment_code = costs.segment_code
),

{{ closing_moves('pass_' ~ n_axes, 'units_' ~ n_axes, 'targets', n_axes) }},

suppressed_{{ n_axes + 1 }} as (
    select * from suppressed_{{ n_axes }}

    union distinct

    select
        support.block_id,
        layer_figures.figure_id,
        support.segment_id,
        support.segment_code
    from pass_{{ n_axes }}_support as support
    inner join layer_figures
        on
            support.block_id = layer_figures.block_id
            and support.layer_id = layer_figures.layer_id
),
{% endfor %}
final as (
    select
        figures.block_id,
        figures.figure_id,
        figures.segment_id,
        figures.segment_code
    from figures
    inner join suppressed_3 as suppressed
        on
            figures.block_id = suppressed.block_id
            and figures.figure_id = suppressed.figure_id
            and figures.segment_id = suppressed.segment_id
            and figures.segment_code = suppressed.segment_code
)

select * from final
