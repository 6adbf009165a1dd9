/*
    Only PSUs and strata with members count, members of weight zero aside: R's degf() of the domain. The
    summed PSUs of respondents who are their own count one by one. Replicates are not PSUs; where a wave has
    replicate weights there is no row.
*/
with

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

psus as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        -- a standardised measure has a row for each group
        case when is_own_psu then sum(n_respondents) else 1 end as n_psus
    from bases
    where
        n_respondents > 0
        and not is_replicate
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu
),

strata as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        sum(n_psus) as n_psus
    from psus
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code,
        sample_id,
        stratum_id
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

        cast(sum(n_psus) - count(*) as bigint) as domain_degrees_of_freedom
    from strata
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
