/*
    Only PSUs and strata with members count, members of weight zero aside: R's degf() of the domain. The
    summed PSUs of respondents who are their own count one by one.
*/
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

        cast(
            sum(case when is_own_psu then n_respondents else 1 end)
            - count(distinct stratum_id) as bigint
        ) as domain_degrees_of_freedom
    from bases
    where n_respondents > 0
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code
)

select * from final
