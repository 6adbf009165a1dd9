with

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

scores as (
    select * from {{ ref('int_moments__psu_scores') }}
),

final as (
    select
        -- keys
        scores.study_id,
        scores.wave_id,
        scores.period_grain,
        scores.period_start,
        scores.measure_id,
        scores.category_code,
        scores.segment_id,
        scores.segment_code,
        scores.stratum_id,

        -- sums over the PSUs of the stratum
        sum(scores.total_y) as sum_y,
        sum(
            case
                when scores.is_own_psu then scores.sum_wwyy
                else scores.total_y * scores.total_y
            end
        ) as sum_yy,
        sum(
            case
                when scores.is_own_psu then scores.sum_wwy
                else scores.total_y * bases.total_x
            end
        ) as sum_yx,
        sum(scores.sum_wyy) as sum_wyy
    from scores
    inner join bases
        on
            scores.study_id = bases.study_id
            and scores.wave_id = bases.wave_id
            and scores.period_grain = bases.period_grain
            and scores.period_start = bases.period_start
            and scores.measure_id = bases.measure_id
            and scores.segment_id = bases.segment_id
            and scores.segment_code = bases.segment_code
            and scores.stratum_id = bases.stratum_id
            and scores.psu_id = bases.psu_id
    group by
        scores.study_id,
        scores.wave_id,
        scores.period_grain,
        scores.period_start,
        scores.measure_id,
        scores.category_code,
        scores.segment_id,
        scores.segment_code,
        scores.stratum_id
)

select * from final
