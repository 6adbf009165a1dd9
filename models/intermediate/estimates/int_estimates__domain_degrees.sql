/*
    Degrees of freedom of the domain, as R's degf(): PSUs with members less strata with members, of all parts of the
    period. PSUs of independent samples are never the same. Where a wave of the period has replicate weights there is
    no row. Categories with a base of their own are counted by themselves.
*/
with

-- categories share what is counted for their denominator
domains as (
    select distinct
        part_key,
        is_of_quantiles,
        base_key,
        denominator_key,
        segment_value_key,
        n_domain_strata,
        n_domain_psus,
        n_psus_with_denominator,
        n_psus_of_group
    from {{ ref('int_moments__cells') }}
    where n_domain_psus > 0
),

parts as (
    select * from {{ ref('int_design__parts') }}
),

categories as (
    select distinct
        study_id,
        measure_id,
        category_code,
        base_key
    from {{ ref('int_measures__denominators') }}
),

periods as (
    select distinct
        period_key,
        study_id
    from {{ ref('int_design__periods') }}
),

replicated as (
    select distinct period_key
    from {{ ref('int_design__strata') }}
    where is_replicate
),

of_periods as (
    select
        parts.period_key,
        domains.*
    from domains
    inner join parts
        on
            domains.part_key = parts.part_key
            and domains.is_of_quantiles = parts.is_of_quantiles
    left join replicated
        on parts.period_key = replicated.period_key
    where replicated.period_key is null
),

groups as (
    select
        period_key,
        base_key,
        denominator_key,
        segment_value_key,
        sum(n_psus_of_group) as n_psus_of_group
    from of_periods
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
        min(n_psus_of_group) as n_psus_of_group
    from groups
    group by
        period_key,
        base_key,
        segment_value_key
),

-- a part has a row for each group
once as (
    select distinct
        period_key,
        part_key,
        base_key,
        segment_value_key,
        n_domain_strata,
        n_domain_psus,
        n_psus_with_denominator
    from of_periods
),

summed as (
    select
        period_key,
        base_key,
        segment_value_key,
        sum(n_domain_psus) - sum(n_domain_strata) as degrees_of_freedom,
        sum(n_psus_with_denominator) as n_psus_with_denominator
    from once
    group by
        period_key,
        base_key,
        segment_value_key
),

final as (
    select
        -- keys
        {{ integer_key([
            'summed.period_key',
            'categories.measure_id',
            'categories.category_code',
            'summed.segment_value_key',
        ]) | indent(8) }} as cell_key,
        summed.period_key,
        categories.measure_id,
        categories.category_code,
        summed.segment_value_key,

        -- counts
        cast(summed.degrees_of_freedom as bigint) as domain_degrees_of_freedom,
        cast(summed.n_psus_with_denominator as bigint) as n_domain_psus,
        cast(smallest_groups.n_psus_of_group as bigint) as n_psus_of_smallest_group
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
)

select * from final
