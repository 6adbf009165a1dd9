/*
    Only PSUs and strata with members count, members of weight zero aside: R's degf() of the domain. The
    summed PSUs of respondents who are their own count one by one. Replicates are not PSUs; where a wave has
    replicate weights there is no row. Categories with a base of their own are counted by themselves. Of a
    standardised measure each group has PSUs of its own.
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

replicated as (
    select distinct
        study_id,
        wave_id,
        period_grain,
        period_start
    from bases
    where is_replicate
),

members as (
    select bases.*
    from bases
    left join replicated
        on
            bases.study_id = replicated.study_id
            and bases.wave_id = replicated.wave_id
            and bases.period_grain = replicated.period_grain
            and bases.period_start = replicated.period_start
    where
        bases.n_respondents > 0
        and not bases.is_replicate
        and replicated.study_id is null
),

groups as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
        segment_id,
        segment_code,
        standard_code,
        sum(case when is_own_psu then n_respondents else 1 end) as n_psus
    from members
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
        segment_id,
        segment_code,
        standard_code
),

smallest_groups as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
        segment_id,
        segment_code,
        min(n_psus) as n_psus
    from groups
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
        case when is_own_psu then sum(n_respondents) else 1 end as n_psus,
        -- whoever has nothing in the denominator adds zero by construction; squares of the sum and sum of squares
        -- are the same if one of many has all of it
        case
            when sum(sum_wxx) > 0 and not is_own_psu then 1
            when sum(sum_wxx) > 0 and sum(total_x) * sum(total_x) <= sum(sum_wwxx) * (1 + 1e-12)
                then 1
            when sum(sum_wxx) > 0 then sum(n_respondents)
            else 0
        end as n_with_denominator
    from members
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
        sum(n_psus) as n_psus,
        sum(n_with_denominator) as n_with_denominator
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

summed as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        denominator_code,
        segment_id,
        segment_code,
        sum(n_psus) as n_psus,
        sum(n_with_denominator) as n_with_denominator,
        count(*) as n_strata
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
        summed.study_id,
        summed.wave_id,
        summed.period_grain,
        summed.period_start,
        summed.measure_id,
        denominators.category_code,
        summed.segment_id,
        summed.segment_code,

        -- counts
        cast(summed.n_psus - summed.n_strata as bigint) as domain_degrees_of_freedom,
        cast(summed.n_with_denominator as bigint) as n_domain_psus,
        cast(smallest_groups.n_psus as bigint) as n_psus_of_smallest_group
    from summed
    inner join smallest_groups
        on
            summed.study_id = smallest_groups.study_id
            and summed.wave_id = smallest_groups.wave_id
            and summed.period_grain = smallest_groups.period_grain
            and summed.period_start = smallest_groups.period_start
            and summed.measure_id = smallest_groups.measure_id
            and summed.denominator_code = smallest_groups.denominator_code
            and summed.segment_id = smallest_groups.segment_id
            and summed.segment_code = smallest_groups.segment_code
    inner join denominators
        on
            summed.study_id = denominators.study_id
            and summed.measure_id = denominators.measure_id
            and summed.denominator_code = denominators.denominator_code
)

select * from final
