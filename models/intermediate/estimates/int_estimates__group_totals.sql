/*
    Sums of numerator and denominator of each cell, for standardised measures within each group of the standard
    population (`_T` otherwise): those of all parts of its period. Here keys get the ids back that they stand for.
*/
with

cells as (
    select * from {{ ref('int_moments__cells') }}
),

parts as (
    select * from {{ ref('int_design__parts') }}
),

denominators as (
    select * from {{ ref('int_measures__denominators') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

totals as (
    select
        parts.period_key,
        cells.denominator_key,
        cells.score_key,
        cells.segment_value_key,
        cast(sum(cells.n_respondents) as bigint) as n_respondents,
        sum(cells.sum_w) as sum_w,
        sum(cells.sum_ww) as sum_ww,
        sum(cells.total_x) as total_x,
        sum(cells.sum_wxx) as sum_wxx,
        sum(cells.total_y) as total_y,
        sum(cells.sum_wyy) as sum_wyy,
        sum(cells.sum_wyx) as sum_wyx
    from cells
    inner join parts
        on
            cells.part_key = parts.part_key
            and cells.is_of_quantiles = parts.is_of_quantiles
    group by
        parts.period_key,
        cells.denominator_key,
        cells.score_key,
        cells.segment_value_key
    -- nobody but respondents of weight zero is nobody
    having sum(cells.n_respondents) > 0
),

final as (
    select
        -- keys
        {{ integer_key([
            'totals.period_key',
            'denominators.measure_id',
            'denominators.category_code',
            'totals.segment_value_key',
        ]) | indent(8) }} as cell_key,
        totals.period_key,
        totals.denominator_key,
        totals.score_key,
        totals.segment_value_key,
        periods.weight_key,

        -- what they stand for
        periods.study_id,
        periods.wave_id,
        periods.period_grain,
        periods.period_start,
        denominators.measure_id,
        denominators.category_code,
        segment_values.segment_id,
        segment_values.segment_code,
        denominators.standard_code,
        denominators.measure_kind,
        denominators.denominator_code,
        denominators.is_standardised,
        denominators.origin,

        -- base
        totals.n_respondents,
        totals.sum_w,
        totals.sum_ww,

        -- sums of the denominator and the numerator
        totals.total_x,
        totals.sum_wxx,
        totals.total_y,
        totals.sum_wyy,
        totals.sum_wyx
    from totals
    inner join periods
        on totals.period_key = periods.period_key
    inner join denominators
        on
            periods.weight_key = denominators.weight_key
            and periods.study_id = denominators.study_id
            and totals.denominator_key = denominators.denominator_key
            and totals.score_key = denominators.score_key
    inner join segment_values
        on totals.segment_value_key = segment_values.segment_value_key
)

select * from final
