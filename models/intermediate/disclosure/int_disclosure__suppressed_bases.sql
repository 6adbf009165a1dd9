/*
    Which bases are suppressed as a whole, with every row that rests on them: those of which the rule
    shows no row at all, and those chosen so that no sum of segment values gives the former away.
    Three passes, over the whole sample, single segments and crossings; each protects all of its targets, so
    that no more are needed, and a later one finds what earlier ones hid at no cost.
*/
with

cells as (
    select * from {{ ref('int_disclosure__cells') }}
),

points as (
    select * from {{ ref('int_disclosure__segment_points') }}
),

moves as (
    select * from {{ ref('int_disclosure__moves') }}
),

measure_bases as (
    select
        block_id,
        same_base_id,
        segment_id,
        segment_code,
        count(*) as n_rows,
        max(n_respondents) as n_respondents,
        sum(case when is_suppressed or is_confidential then 1 else 0 end) as n_suppressed,
        min(case when is_confidential then 1 else 0 end) as is_confidential,
        min(case when is_known_empty then 1 else 0 end) as is_known_empty,
        max(protection_interval) as protection_interval
    from cells
    -- pooled waves follow from their waves
    where period_grain not like 'pooled%'
    group by
        block_id,
        same_base_id,
        segment_id,
        segment_code
),

bases as (
    select
        block_id,
        segment_id,
        segment_code,
        sum(n_rows) as n_rows,
        sum(n_suppressed) as n_suppressed,
        max(n_respondents) as n_respondents,
        max(is_confidential) = 1 as is_confidential,
        min(is_known_empty) = 1 as is_known_empty,
        max(protection_interval) as protection_interval
    from measure_bases
    group by
        block_id,
        segment_id,
        segment_code
),

targets as (
    select
        block_id,
        'base' as target_id,
        'base' as layer_id,
        segment_id,
        segment_code,
        n_respondents as target_size,
        protection_interval
    from bases
    where is_confidential
),

target_blocks as (
    select distinct block_id
    from targets
),

suppressed_0 as (
    select
        block_id,
        segment_id,
        segment_code
    from targets
),
{% for n_axes in range(3) %}
units_{{ n_axes }} as (
    select
        bases.block_id,
        'base' as layer_id,
        bases.segment_id,
        bases.segment_code,
        bases.is_known_empty as is_blocked,
        case
            when suppressed.block_id is null then bases.n_rows - bases.n_suppressed else 0
        end as n_to_suppress,
        case
            when suppressed.block_id is null then bases.n_respondents else 0
        end as size_to_suppress,
        cast(1e300 as {{ type_number() }}) as room_up,
        cast(bases.n_respondents as {{ type_number() }}) as room_down
    from bases
    inner join target_blocks
        on bases.block_id = target_blocks.block_id
    left join suppressed_{{ n_axes }} as suppressed
        on
            bases.block_id = suppressed.block_id
            and bases.segment_id = suppressed.segment_id
            and bases.segment_code = suppressed.segment_code
),

{{ closing_moves('pass_' ~ n_axes, 'units_' ~ n_axes, 'targets', n_axes) }},

suppressed_{{ n_axes + 1 }} as (
    select * from suppressed_{{ n_axes }}

    union distinct

    select
        block_id,
        segment_id,
        segment_code
    from pass_{{ n_axes }}_support
),
{% endfor %}
final as (
    select
        bases.block_id,
        bases.segment_id,
        bases.segment_code,
        bases.is_confidential
    from bases
    inner join suppressed_3 as suppressed
        on
            bases.block_id = suppressed.block_id
            and bases.segment_id = suppressed.segment_id
            and bases.segment_code = suppressed.segment_code
)

select * from final
