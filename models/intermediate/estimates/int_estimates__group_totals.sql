/*
    Sums of numerator and denominator of each cell, for standardised measures within each group of the standard
    population (`_T` otherwise).
*/
with

bases as (
    select *
    from {{ ref('int_moments__psu_bases') }}
    where not is_replicate
),

scores as (
    select *
    from {{ ref('int_moments__psu_scores') }}
    where not is_replicate
),

denominators as (
    select distinct
        offered.study_id,
        offered.measure_id,
        offered.category_code,
        offered.denominator_code,
        categories.measure_kind
    from {{ ref('int_measures__offered') }} as offered
    inner join {{ ref('int_measures__categories') }} as categories
        on
            offered.measure_id = categories.measure_id
            and offered.category_code = categories.category_code
),

base_totals as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        denominator_code,
        cast(sum(n_respondents) as bigint) as n_respondents,
        sum(sum_w) as sum_w,
        sum(sum_ww) as sum_ww,
        sum(total_x) as total_x,
        sum(sum_wxx) as sum_wxx
    from bases
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        denominator_code
    -- nobody but respondents of weight zero is nobody
    having sum(n_respondents) > 0
),

score_totals as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        category_code,
        sum(total_y) as total_y,
        sum(sum_wyy) as sum_wyy,
        sum(sum_wyx) as sum_wyx
    from scores
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        standard_code,
        category_code
),

final as (
    select
        -- keys
        base_totals.study_id,
        base_totals.wave_id,
        base_totals.period_grain,
        base_totals.period_start,
        base_totals.measure_id,
        denominators.category_code,
        base_totals.segment_id,
        base_totals.segment_code,
        base_totals.standard_code,
        denominators.measure_kind,
        base_totals.denominator_code,

        -- base
        base_totals.n_respondents,
        base_totals.sum_w,
        base_totals.sum_ww,

        -- sums of the denominator and the numerator
        base_totals.total_x,
        base_totals.sum_wxx,
        coalesce(score_totals.total_y, 0) as total_y,
        coalesce(score_totals.sum_wyy, 0) as sum_wyy,
        coalesce(score_totals.sum_wyx, 0) as sum_wyx
    from base_totals
    inner join denominators
        on
            base_totals.study_id = denominators.study_id
            and base_totals.measure_id = denominators.measure_id
            and base_totals.denominator_code = denominators.denominator_code
    left join score_totals
        on
            base_totals.study_id = score_totals.study_id
            and base_totals.wave_id = score_totals.wave_id
            and base_totals.period_grain = score_totals.period_grain
            and base_totals.period_start = score_totals.period_start
            and base_totals.measure_id = score_totals.measure_id
            and base_totals.segment_id = score_totals.segment_id
            and base_totals.segment_code = score_totals.segment_code
            and base_totals.standard_code = score_totals.standard_code
            and denominators.category_code = score_totals.category_code
)

select * from final
