/*
    Only PSUs and strata with members count, members of weight zero aside: R's degf() of the domain. The
    summed PSUs of respondents who are their own count one by one. Replicates are not PSUs; where a wave has
    replicate weights there is no row. Categories with a base of their own are counted by themselves.
*/
with

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

denominators as (
    select distinct
        study_id,
        measure_id,
        category_code,
        denominator_code
    from {{ ref('int_measures__offered') }}
),

psus as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
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
        denominator_code,
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
        denominator_code,
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
        denominator_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id
),

by_denominator as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
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
        denominator_code,
        segment_id,
        segment_code
),

final as (
    select
        -- keys
        by_denominator.study_id,
        by_denominator.wave_id,
        by_denominator.period_grain,
        by_denominator.period_start,
        by_denominator.measure_id,
        denominators.category_code,
        by_denominator.segment_id,
        by_denominator.segment_code,

        by_denominator.domain_degrees_of_freedom
    from by_denominator
    inner join denominators
        on
            by_denominator.study_id = denominators.study_id
            and by_denominator.measure_id = denominators.measure_id
            and by_denominator.denominator_code = denominators.denominator_code
)

select * from final
