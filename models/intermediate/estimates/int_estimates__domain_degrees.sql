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

units as (
    select * from {{ ref('int_design__units') }}
),

denominators as (
    select * from {{ ref('int_measures__denominators') }}
),

base_keys as (
    select distinct
        denominator_key,
        base_key
    from denominators
),

categories as (
    select distinct
        study_id,
        measure_id,
        category_code,
        base_key
    from denominators
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

replicated as (
    select distinct period_key
    from {{ ref('int_design__strata') }}
    where is_replicate
),

members as (
    select
        bases.period_key,
        base_keys.base_key,
        bases.denominator_key,
        bases.segment_value_key,
        units.stratum_key,
        units.unit_key,
        units.is_own_psu,
        bases.n_respondents,
        bases.total_x,
        bases.sum_wxx,
        bases.sum_wwxx
    from bases
    inner join base_keys
        on bases.denominator_key = base_keys.denominator_key
    inner join units
        on bases.unit_key = units.unit_key
    left join replicated
        on bases.period_key = replicated.period_key
    where
        bases.n_respondents > 0
        and not units.is_replicate
        and replicated.period_key is null
),

groups as (
    select
        period_key,
        base_key,
        denominator_key,
        segment_value_key,
        sum(case when is_own_psu then n_respondents else 1 end) as n_psus
    from members
    group by
        period_key,
        base_key,
        denominator_key,
        segment_value_key
),

smallest_groups as (
    select
        period_key,
        base_key,
        segment_value_key,
        min(n_psus) as n_psus
    from groups
    group by
        period_key,
        base_key,
        segment_value_key
),

by_psu as (
    select
        period_key,
        base_key,
        segment_value_key,
        stratum_key,
        unit_key,
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
        period_key,
        base_key,
        segment_value_key,
        stratum_key,
        unit_key,
        is_own_psu
),

by_stratum as (
    select
        period_key,
        base_key,
        segment_value_key,
        stratum_key,
        sum(n_psus) as n_psus,
        sum(n_with_denominator) as n_with_denominator
    from by_psu
    group by
        period_key,
        base_key,
        segment_value_key,
        stratum_key
),

summed as (
    select
        period_key,
        base_key,
        segment_value_key,
        sum(n_psus) as n_psus,
        sum(n_with_denominator) as n_with_denominator,
        count(*) as n_strata
    from by_stratum
    group by
        period_key,
        base_key,
        segment_value_key
),

final as (
    select
        -- keys
        periods.study_id,
        periods.wave_id,
        periods.period_grain,
        periods.period_start,
        categories.measure_id,
        categories.category_code,
        segment_values.segment_id,
        segment_values.segment_code,

        -- counts
        cast(summed.n_psus - summed.n_strata as bigint) as domain_degrees_of_freedom,
        cast(summed.n_with_denominator as bigint) as n_domain_psus,
        cast(smallest_groups.n_psus as bigint) as n_psus_of_smallest_group
    from summed
    inner join smallest_groups
        on
            summed.period_key = smallest_groups.period_key
            and summed.base_key = smallest_groups.base_key
            and summed.segment_value_key = smallest_groups.segment_value_key
    inner join periods
        on summed.period_key = periods.period_key
    inner join categories
        on
            periods.study_id = categories.study_id
            and summed.base_key = categories.base_key
    inner join segment_values
        on summed.segment_value_key = segment_values.segment_value_key
)

select * from final
