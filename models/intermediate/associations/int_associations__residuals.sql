/*
    What a weight in one cell (`to_`) does to each cell's deviation from an additive table: the matrix
    D^-1/2 P D^-1/2, where D holds the shares of the cells and P takes off what rows and columns explain.
*/
with

cells as (
    select * from {{ ref('int_associations__cells') }}
),

inverses as (
    select * from {{ ref('int_associations__inverses') }}
),

-- from the equations of the fit, the cell's value of the segment taken off: (I - T)^-1 D^-1 p
segment_parts as (
    select
        inverses.study_id,
        inverses.wave_id,
        inverses.measure_id,
        inverses.segment_id,
        inverses.row_code,
        cells.segment_code,
        sum(
            inverses.entry * cells.cell_share / (cells.segment_share * cells.category_share)
        ) as part
    from inverses
    inner join cells
        on
            inverses.study_id = cells.study_id
            and inverses.wave_id = cells.wave_id
            and inverses.measure_id = cells.measure_id
            and inverses.segment_id = cells.segment_id
            and inverses.column_code = cells.category_code
    group by
        inverses.study_id,
        inverses.wave_id,
        inverses.measure_id,
        inverses.segment_id,
        inverses.row_code,
        cells.segment_code
),

category_effects as (
    select
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        inverses.row_code as category_code,
        cells.category_code as to_category_code,
        cells.segment_code as to_segment_code,
        inverses.entry / cells.category_share - segment_parts.part as effect
    from cells
    inner join inverses
        on
            cells.study_id = inverses.study_id
            and cells.wave_id = inverses.wave_id
            and cells.measure_id = inverses.measure_id
            and cells.segment_id = inverses.segment_id
            and cells.category_code = inverses.column_code
    inner join segment_parts
        on
            cells.study_id = segment_parts.study_id
            and cells.wave_id = segment_parts.wave_id
            and cells.measure_id = segment_parts.measure_id
            and cells.segment_id = segment_parts.segment_id
            and inverses.row_code = segment_parts.row_code
            and cells.segment_code = segment_parts.segment_code
),

fitted as (
    select
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        cells.category_code,
        cells.segment_code,
        cells.cell_share,
        cells.segment_share,
        category_effects.to_category_code,
        category_effects.to_segment_code,
        category_effects.effect,
        sum(cells.cell_share * category_effects.effect) over (
            partition by
                cells.study_id,
                cells.wave_id,
                cells.measure_id,
                cells.segment_id,
                cells.segment_code,
                category_effects.to_category_code,
                category_effects.to_segment_code
        ) as effect_in_segment
    from cells
    inner join category_effects
        on
            cells.study_id = category_effects.study_id
            and cells.wave_id = category_effects.wave_id
            and cells.measure_id = category_effects.measure_id
            and cells.segment_id = category_effects.segment_id
            and cells.category_code = category_effects.category_code
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,
        to_category_code,
        to_segment_code,

        cell_share,
        case
            when category_code = to_category_code and segment_code = to_segment_code
                then 1 / cell_share
            else 0
        end
        - (case when segment_code = to_segment_code then 1 else 0 end - effect_in_segment)
        / segment_share
        - effect as residual
    from fitted
)

select * from final
