/*
    Every collected row of the estimates with what it tells an attacker, and the block it belongs to.
    1. A block is a period of a study and the measures whose base is known from one another: those of one
       variable, a ratio with both of its variables, a question with several answers. Where one of them has
       no answer the bases differ, and suppressing both is on the safe side.
    2. Measures of one variable with different bases are different blocks of one family; so are those with
       different weights, which are of other people. `base_id` names both.
    3. A row tells a weighted total (estimate times sum of weights) of its component: a category of a
       variable, or the numbers themselves. Several rows may tell the same. Nets and scores are sums of
       components; quantiles, ratios and standardised estimates add up to nothing, and tell their base only.
    4. Of pooled waves of which all are shown, anybody can compute the estimate. If it must be suppressed, the
       last of the waves is suppressed with it (`is_passed_on`).
*/
with

judged as (
    select * from {{ ref('int_rules__judged_estimates') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

period_waves as (
    select * from {{ ref('int_comparisons__period_waves') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

rules as (
    select * from {{ ref('stg_codebook__publication_rules') }}
),

ratio_variables as (
    select
        denominator_variable_id as variable_id,
        min(variable_id) as family_name
    from measures
    where denominator_variable_id is not null
    group by denominator_variable_id
),

described as (
    select
        measures.measure_id,
        coalesce(
            ratio_variables.family_name,
            measures.variable_id,
            'group ' || measures.variable_group_id
        ) as family_name,
        measures.base_id,
        measures.measure_kind,
        measures.standard_population_id is not null as is_standardised
    from measures
    left join ratio_variables
        on measures.variable_id = ratio_variables.variable_id
),

collected as (
    select
        judged.*,
        described.family_name,
        described.base_id
        || case when weights.is_default then '' else ' ' || weights.weight_id end as base_id,
        described.measure_kind,
        described.is_standardised,
        -- a standardised estimate does not exist where one of its groups is empty: nothing to protect
        judged.is_confidential
        and (judged.has_respondents or not described.is_standardised) as is_protected,
        -- measures with the very same base
        case
            when
                described.is_standardised
                or described.measure_kind in ('ratio', 'share_of_responses')
                then judged.measure_id
            -- each item has a base of its own
            when described.measure_kind = 'share_of_cases' then judged.category_code
            else coalesce(judged.variable_id, described.family_name)
        end as same_base_id,
        case
            when described.is_standardised then null
            when described.measure_kind in ('share', 'mean', 'total')
                then judged.variable_id || ' ' || judged.category_code
            when described.measure_kind in ('share_of_cases', 'share_of_responses')
                then judged.category_code
        end as component_id,
        case
            when described.measure_kind in ('net', 'score') and not described.is_standardised
                then judged.measure_id || ' ' || judged.category_code
        end as item_id,
        -- shares that add up to 1 in each base, and over no segment
        described.measure_kind = 'share_of_responses'
        or (described.measure_kind = 'share' and described.is_standardised) as is_share_alone,
        case
            when described.measure_kind = 'total' then judged.estimate
            when described.measure_kind not in ('quantile', 'ratio', 'share_of_responses')
                then judged.estimate * judged.sum_of_weights
        end as weighted_total,
        rules.protection_interval
    from judged
    inner join described
        on judged.measure_id = described.measure_id
    inner join weights
        on
            judged.study_id = weights.study_id
            and judged.measure_id = weights.measure_id
    left join rules
        on judged.publication_rule_id = rules.publication_rule_id
    where judged.is_collected
),

pooled_parts as (
    select
        pooled.study_id,
        pooled.measure_id,
        pooled.category_code,
        pooled.segment_id,
        pooled.segment_code,
        pooled.wave_id as pooled_wave_id,
        pooled.period_grain as pooled_grain,
        max(case when single.is_protected then 1 else 0 end) as n_suppressed,
        max(single.period_start) as last_period_start
    from collected as pooled
    inner join period_waves
        on
            pooled.study_id = period_waves.study_id
            and pooled.wave_id = period_waves.period_wave_id
            and pooled.period_grain = period_waves.period_grain
            and pooled.period_start = period_waves.period_start
            and period_waves.period_end is null
    inner join collected as single
        on
            period_waves.study_id = single.study_id
            and period_waves.wave_id = single.wave_id
            and single.period_grain = 'wave'
            and pooled.measure_id = single.measure_id
            and pooled.category_code = single.category_code
            and pooled.segment_id = single.segment_id
            and pooled.segment_code = single.segment_code
    where
        pooled.is_protected
        and pooled.period_grain <> 'wave'
    group by
        pooled.study_id,
        pooled.measure_id,
        pooled.category_code,
        pooled.segment_id,
        pooled.segment_code,
        pooled.wave_id,
        pooled.period_grain
),

passed_on as (
    select distinct
        study_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        last_period_start as period_start
    from pooled_parts
    where n_suppressed = 0
),

final as (
    select
        -- keys
        collected.study_id,
        collected.wave_id,
        collected.period_grain,
        collected.period_start,
        collected.measure_id,
        collected.category_code,
        collected.segment_id,
        collected.segment_code,

        -- what it is a part of
        {{ surrogate_key([
            'collected.study_id',
            'collected.wave_id',
            'collected.period_grain',
            'collected.period_start',
            'collected.family_name',
            'collected.base_id',
        ]) }} as block_id,
        {{ surrogate_key([
            'collected.study_id',
            'collected.wave_id',
            'collected.period_grain',
            'collected.period_start',
            'collected.family_name',
        ]) }} as family_id,
        collected.base_id,
        collected.same_base_id,
        collected.component_id,
        collected.item_id,
        collected.is_share_alone,
        collected.variable_id,

        -- what it tells
        coalesce(collected.n_respondents, 0) as n_respondents,
        coalesce(collected.sum_of_weights, 0) as sum_of_weights,
        coalesce(collected.weighted_total, 0) as weighted_total,
        coalesce(collected.protection_interval, 0) as protection_interval,

        -- what is to be done with it
        collected.is_suppressed,
        collected.is_confidential as is_primary,
        collected.is_protected or passed_on.study_id is not null as is_confidential,
        passed_on.study_id is not null as is_passed_on,
        -- said to be empty, so it cannot be suppressed; a standardised one only lacks one of its groups
        not collected.has_respondents
        and not collected.is_suppressed
        and not collected.is_standardised as is_known_empty
    from collected
    left join passed_on
        on
            collected.study_id = passed_on.study_id
            and collected.period_grain = 'wave'
            and collected.period_start = passed_on.period_start
            and collected.measure_id = passed_on.measure_id
            and collected.category_code = passed_on.category_code
            and collected.segment_id = passed_on.segment_id
            and collected.segment_code = passed_on.segment_code
)

select * from final
