with

moments as (
    select * from {{ ref('int_moments__psu') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

final as (
    select
        -- keys
        moments.study_id,
        moments.wave_id,
        moments.period_grain,
        moments.period_start,
        scores.measure_id,
        scores.category_code,
        moments.segment_id,
        moments.segment_code,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,

        -- weighted totals of the score and of its square; a PSU without any is not stored
        sum(coalesce(scores.score * moments.sum_w, moments.sum_wy)) as total_y,
        sum(coalesce(scores.score * scores.score * moments.sum_w, moments.sum_wyy)) as sum_wyy,

        -- the same for PSUs of one respondent each: sums of squares and products over them
        sum(coalesce(scores.score * moments.sum_ww, moments.sum_wwy)) as sum_wwy,
        sum(coalesce(scores.score * scores.score * moments.sum_ww, moments.sum_wwyy)) as sum_wwyy
    from moments
    inner join scores
        on
            moments.variable_id = scores.variable_id
            and moments.category_code = scores.answer_code
    group by
        moments.study_id,
        moments.wave_id,
        moments.period_grain,
        moments.period_start,
        scores.measure_id,
        scores.category_code,
        moments.segment_id,
        moments.segment_code,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu
)

select * from final
