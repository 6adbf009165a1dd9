/*
    What can be told of one component, net or score in a value of a segment: its rows, taken together.
    1. Rows of pooled waves are left out, since they follow from those of their waves.
    2. A base may be suppressed as a whole, and all in it.
*/
with

cells as (
    select *
    from {{ ref('int_disclosure__cells') }}
    where
        period_grain not like 'pooled%'
        and (component_id is not null or item_id is not null)
),

suppressed_bases as (
    select * from {{ ref('int_disclosure__suppressed_bases') }}
),

final as (
    select
        -- keys
        cells.block_id,
        coalesce(cells.component_id, cells.item_id) as figure_id,
        cells.segment_id,
        cells.segment_code,

        -- what it is
        max(case when cells.component_id is null then 1 else 0 end) = 1 as is_item,
        max(cells.variable_id) as variable_id,

        -- numbers
        count(*) as n_rows,
        sum(
            case when cells.is_suppressed or cells.is_confidential then 1 else 0 end
        ) as n_suppressed,
        max(cells.sum_of_weights) as sum_of_weights,
        max(cells.weighted_total) as weighted_total,
        max(cells.protection_interval) as protection_interval,

        -- status
        max(case when cells.is_confidential then 1 else 0 end) = 1 as is_confidential,
        max(
            case when suppressed_bases.block_id is null then 0 else 1 end
        ) = 1 as has_suppressed_base,
        max(case when cells.is_known_empty then 1 else 0 end) = 1 as is_known_empty
    from cells
    left join suppressed_bases
        on
            cells.block_id = suppressed_bases.block_id
            and cells.segment_id = suppressed_bases.segment_id
            and cells.segment_code = suppressed_bases.segment_code
    group by
        cells.block_id,
        coalesce(cells.component_id, cells.item_id),
        cells.segment_id,
        cells.segment_code
)

select * from final
