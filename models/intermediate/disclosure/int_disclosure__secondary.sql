/*
    The rows that are suppressed so that others cannot be computed from what is shown (secondary suppression).
    1. Of measures that differ in their base alone, one base is shown in a period that suppresses anything of them: their
       difference are the people of one base who are not in the other, and no move of people knows of it.
       Everybody goes before part of them.
    2. Of pooled waves a row is shown only if none of its waves is suppressed for confidentiality.
    3. What is suppressed because it is unreliable counts as shown, until it is chosen here: it may follow from what is shown.
    4. Cells that an attack found wanting are suppressed too (`int_disclosure__closing`).
*/
with

cells as (
    select * from {{ ref('int_disclosure__cells') }}
),

bases as (
    select * from {{ ref('int_disclosure__suppressed_bases') }}
),

components as (
    select * from {{ ref('int_disclosure__suppressed_components') }}
),

closing as (
    select * from {{ ref('int_disclosure__closing') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_end is null
),

families as (
    select
        family_id,
        coalesce(max(case when base_id = '_T' then base_id end), min(base_id)) as shown_base_id
    from cells
    group by family_id
    having
        min(base_id) < max(base_id)
        and max(case when is_confidential then 1 else 0 end) = 1
),

decided as (
    select
        cells.*,
        cells.is_primary
        or cells.is_confidential
        or closing.study_id is not null
        or bases.block_id is not null
        or components.block_id is not null
        or coalesce(cells.base_id <> families.shown_base_id, false) as is_chosen
    from cells
    left join families
        on cells.family_id = families.family_id
    left join bases
        on
            cells.block_id = bases.block_id
            and cells.segment_id = bases.segment_id
            and cells.segment_code = bases.segment_code
    left join components
        on
            cells.block_id = components.block_id
            and coalesce(cells.component_id, cells.item_id) = components.figure_id
            and cells.segment_id = components.segment_id
            and cells.segment_code = components.segment_code
    left join closing
        on
            cells.study_id = closing.study_id
            and cells.period_grain = closing.period_grain
            and case
                when cells.period_grain = 'wave' or cells.period_grain like 'pooled%'
                    then cells.wave_id
                else cast(cells.period_start as {{ dbt.type_string() }})
            end = closing.period_id
            and cells.measure_id = closing.measure_id
            and cells.category_code = closing.category_code
            and cells.segment_id = closing.segment_id
            and cells.segment_code = closing.segment_code
),

-- of shares that add up to 1, one alone is suppressed in vain: the next smallest joins it
ranked_shares as (
    select
        *,
        sum(case when is_chosen then 1 else 0 end) over (
            partition by block_id, measure_id, segment_id, segment_code
        ) as n_chosen,
        row_number() over (
            partition by block_id, measure_id, segment_id, segment_code, is_chosen
            order by
                case when is_suppressed then 0 else 1 end,
                weighted_total,
                {{ by_code_point('category_code') }}
        ) as share_rank
    from decided
),

with_partners as (
    select
        *,
        is_chosen
        or (is_share_alone and n_chosen = 1 and share_rank = 1 and not is_known_empty)
            as is_suppressed_here
    from ranked_shares
),

suppressed_waves as (
    select *
    from with_partners
    where
        is_suppressed_here
        and period_grain = 'wave'
),

pooled as (
    select distinct
        suppressed_waves.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        suppressed_waves.measure_id,
        suppressed_waves.category_code,
        suppressed_waves.segment_id,
        suppressed_waves.segment_code
    from suppressed_waves
    inner join period_waves
        on
            suppressed_waves.study_id = period_waves.study_id
            and suppressed_waves.wave_id = period_waves.wave_id
    where period_waves.period_grain like 'pooled%'
),

final as (
    select
        -- keys
        cells.study_id,
        cells.wave_id,
        cells.period_grain,
        cells.period_start,
        cells.measure_id,
        cells.category_code,
        cells.segment_id,
        cells.segment_code
    from with_partners as cells
    left join pooled
        on
            cells.study_id = pooled.study_id
            and cells.wave_id = pooled.wave_id
            and cells.period_grain = pooled.period_grain
            and cells.measure_id = pooled.measure_id
            and cells.category_code = pooled.category_code
            and cells.segment_id = pooled.segment_id
            and cells.segment_code = pooled.segment_code
    where
        (cells.is_suppressed_here or pooled.study_id is not null)
        and not cells.is_primary
        and not cells.is_known_empty
)

select * from final
