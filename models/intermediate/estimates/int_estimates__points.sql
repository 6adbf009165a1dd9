/*
    Estimate and base of every cell in which somebody answered.
    A share of exactly none or all is set to 0 or 1, so that rounding in the sums cannot give
    0.9999999999999999 on one engine and 1 on another.
*/
with

bases as (
    select * from {{ ref('int_moments__stratum_bases') }}
),

scores as (
    select * from {{ ref('int_moments__stratum_scores') }}
),

measure_scores as (
    select distinct
        measure_id,
        measure_kind,
        variable_id,
        category_code
    from {{ ref('int_measures__scores') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
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
        cast(sum(n_respondents) as bigint) as n_respondents,
        sum(sum_x) as sum_x,
        sum(sum_ww) as sum_ww
    from bases
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code
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
        category_code,
        segment_id,
        segment_code,
        sum(sum_y) as sum_y,
        sum(sum_wyy) as sum_wyy
    from scores
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code
),

joined as (
    select
        base_totals.study_id,
        base_totals.wave_id,
        base_totals.period_grain,
        base_totals.period_start,
        base_totals.measure_id,
        measure_scores.measure_kind,
        measure_scores.category_code,
        base_totals.segment_id,
        base_totals.segment_code,
        base_totals.n_respondents,
        base_totals.sum_x,
        base_totals.sum_ww,
        variables.origin,
        coalesce(score_totals.sum_y, 0) as sum_y,
        coalesce(score_totals.sum_wyy, 0) as sum_wyy
    from base_totals
    inner join measure_scores
        on base_totals.measure_id = measure_scores.measure_id
    inner join variables
        on measure_scores.variable_id = variables.variable_id
    left join score_totals
        on
            base_totals.study_id = score_totals.study_id
            and base_totals.wave_id = score_totals.wave_id
            and base_totals.period_grain = score_totals.period_grain
            and base_totals.period_start = score_totals.period_start
            and base_totals.measure_id = score_totals.measure_id
            and base_totals.segment_id = score_totals.segment_id
            and base_totals.segment_code = score_totals.segment_code
            and measure_scores.category_code = score_totals.category_code
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        measure_kind,

        -- the ratio of sums, from the origin of the variable
        case
            when measure_kind in ('share', 'net') and sum_y <= 0 then 0
            when measure_kind in ('share', 'net') and abs(sum_y / sum_x - 1) < 1e-12 then 1
            else sum_y / sum_x
        end as centred_estimate,
        origin,

        -- base
        n_respondents,
        sum_x as sum_of_weights,
        sum_ww as sum_of_squared_weights,
        sum_wyy
    from joined
)

select * from final
