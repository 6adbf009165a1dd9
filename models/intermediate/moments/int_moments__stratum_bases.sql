with

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        stratum_id,

        -- sums over the PSUs of the stratum
        cast(sum(n_respondents) as bigint) as n_respondents,
        sum(total_x) as sum_x,
        sum(case when is_own_psu then sum_ww else total_x * total_x end) as sum_xx,
        sum(sum_ww) as sum_ww
    from bases
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        stratum_id
)

select * from final
