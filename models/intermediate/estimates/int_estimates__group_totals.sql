/*
    Sums of numerator and denominator of each cell, for standardised measures within each group of the standard
    population (`_T` otherwise). Here keys get the ids back that they stand for.
*/
with

units as (
    select * from {{ ref('int_design__units') }}
),

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

scores as (
    select * from {{ ref('int_moments__psu_scores') }}
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

base_totals as (
    select
        bases.period_key,
        bases.denominator_key,
        bases.segment_value_key,
        cast(sum(bases.n_respondents) as bigint) as n_respondents,
        sum(bases.sum_w) as sum_w,
        sum(bases.sum_ww) as sum_ww,
        sum(bases.total_x) as total_x,
        sum(bases.sum_wxx) as sum_wxx
    from bases
    inner join units
        on bases.unit_key = units.unit_key
    where not units.is_replicate
    group by
        bases.period_key,
        bases.denominator_key,
        bases.segment_value_key
    -- nobody but respondents of weight zero is nobody
    having sum(bases.n_respondents) > 0
),

score_totals as (
    select
        scores.period_key,
        scores.score_key,
        scores.segment_value_key,
        sum(scores.total_y) as total_y,
        sum(scores.sum_wyy) as sum_wyy,
        sum(scores.sum_wyx) as sum_wyx
    from scores
    inner join units
        on scores.unit_key = units.unit_key
    where not units.is_replicate
    group by
        scores.period_key,
        scores.score_key,
        scores.segment_value_key
),

named as (
    select
        base_totals.*,
        denominators.score_key,
        periods.study_id,
        periods.wave_id,
        periods.period_grain,
        periods.period_start,
        denominators.measure_id,
        denominators.measure_kind,
        denominators.category_code,
        denominators.standard_code,
        denominators.denominator_code,
        segment_values.segment_id,
        segment_values.segment_code
    from base_totals
    inner join periods
        on base_totals.period_key = periods.period_key
    inner join denominators
        on
            periods.study_id = denominators.study_id
            and base_totals.denominator_key = denominators.denominator_key
    inner join segment_values
        on base_totals.segment_value_key = segment_values.segment_value_key
),

final as (
    select
        -- keys
        {{ integer_key([
            'named.period_key',
            'named.measure_id',
            'named.category_code',
            'named.segment_value_key',
        ]) | indent(8) }} as cell_key,
        named.period_key,
        named.denominator_key,
        named.score_key,
        named.segment_value_key,

        -- what they stand for
        named.study_id,
        named.wave_id,
        named.period_grain,
        named.period_start,
        named.measure_id,
        named.category_code,
        named.segment_id,
        named.segment_code,
        named.standard_code,
        named.measure_kind,
        named.denominator_code,

        -- base
        named.n_respondents,
        named.sum_w,
        named.sum_ww,

        -- sums of the denominator and the numerator
        named.total_x,
        named.sum_wxx,
        coalesce(score_totals.total_y, 0) as total_y,
        coalesce(score_totals.sum_wyy, 0) as sum_wyy,
        coalesce(score_totals.sum_wyx, 0) as sum_wyx
    from named
    left join score_totals
        on
            named.period_key = score_totals.period_key
            and named.score_key = score_totals.score_key
            and named.segment_value_key = score_totals.segment_value_key
)

select * from final
