/*
    The study's publication rule decides which cells are hidden for themselves (primary suppression) and
    which are marked.
*/
with

frame as (
    select * from {{ ref('int_estimates__frame') }}
),

statistics as (
    select * from {{ ref('int_estimates__statistics') }}
),

intervals as (
    select * from {{ ref('int_estimates__intervals') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

criteria as (
    select * from {{ ref('stg_codebook__publication_criteria') }}
),

breaks as (
    select * from {{ ref('int_estimates__breaks') }}
),

thresholds as (
    select
        publication_rule_id,
        max(case when consequence = 'suppress' then threshold else 0 end) as suppress_below,
        max(case when consequence = 'caution' then threshold else 0 end) as caution_below
    from criteria
    where statistic = 'n_respondents'
    group by publication_rule_id
),

final as (
    select
        frame.study_id,
        frame.wave_id,
        frame.period_grain,
        frame.period_start,
        frame.measure_id,
        frame.variable_id,
        frame.category_code,
        frame.segment_id,
        frame.segment_code,
        statistics.estimate,
        statistics.standard_error,
        statistics.degrees_of_freedom,
        intervals.ci_lower,
        intervals.ci_upper,
        intervals.ci_method,
        statistics.n_respondents,
        statistics.n_effective,
        statistics.sum_of_weights,
        statistics.design_effect,
        statistics.coefficient_of_variation,
        studies.ci_level,
        studies.publication_rule_id,
        -- waves on both sides of a hard break make no estimate together
        frame.is_collected and not coalesce(breaks.is_divided, false) as is_collected,
        coalesce(statistics.n_respondents, 0) > 0 as has_respondents,
        frame.is_collected
        and coalesce(statistics.n_respondents, 0) < coalesce(thresholds.suppress_below, 0)
            as is_suppressed,
        coalesce(statistics.n_respondents, 0) < coalesce(thresholds.caution_below, 0)
            as needs_caution,
        frame.is_collected and breaks.study_id is not null as has_break
    from frame
    inner join studies
        on frame.study_id = studies.study_id
    left join thresholds
        on studies.publication_rule_id = thresholds.publication_rule_id
    left join breaks
        on
            frame.study_id = breaks.study_id
            and frame.wave_id = breaks.wave_id
            and frame.period_grain = breaks.period_grain
            and frame.period_start = breaks.period_start
            and frame.measure_id = breaks.measure_id
    left join statistics
        on
            frame.study_id = statistics.study_id
            and frame.wave_id = statistics.wave_id
            and frame.period_grain = statistics.period_grain
            and frame.period_start = statistics.period_start
            and frame.measure_id = statistics.measure_id
            and frame.category_code = statistics.category_code
            and frame.segment_id = statistics.segment_id
            and frame.segment_code = statistics.segment_code
    left join intervals
        on
            frame.study_id = intervals.study_id
            and frame.wave_id = intervals.wave_id
            and frame.period_grain = intervals.period_grain
            and frame.period_start = intervals.period_start
            and frame.measure_id = intervals.measure_id
            and frame.category_code = intervals.category_code
            and frame.segment_id = intervals.segment_id
            and frame.segment_code = intervals.segment_code
)

select * from final
