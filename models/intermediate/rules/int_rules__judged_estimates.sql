/*
    All of a cell side by side: its numbers, which of them the publication rule suppresses, for which purpose, which
    it marks, and why.
*/
with

frame as (
    select * from {{ ref('int_rules__expected_cells') }}
),

statistics as (
    select * from {{ ref('int_estimates__estimates') }}
),

intervals as (
    select * from {{ ref('int_estimates__intervals') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

rules as (
    select * from {{ ref('int_measures__publication_rules') }}
),

judgements as (
    select * from {{ ref('int_rules__consequences') }}
),

breaks as (
    select * from {{ ref('int_comparisons__period_breaks') }}
),

impossible as (
    select * from {{ ref('int_rules__impossible_cells') }}
),

final as (
    select
        frame.cell_key,
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
        rules.publication_rule_id,
        -- waves on both sides of a hard break make no estimate together
        frame.is_collected and not coalesce(breaks.is_divided, false) as is_collected,
        coalesce(statistics.n_respondents, 0) > 0 as has_respondents,
        impossible.study_id is not null as cannot_exist,
        impossible.study_id is null
        and coalesce(judgements.is_suppressed, false) as is_suppressed,
        impossible.study_id is null
        and coalesce(judgements.is_confidential, false) as is_confidential,
        impossible.study_id is null
        and (
            coalesce(judgements.needs_caution, false)
            or statistics.error_reason is not null
        ) as needs_caution,
        coalesce(statistics.is_error_unknown, false) as is_error_unknown,
        frame.is_collected and breaks.study_id is not null as has_break,
        -- a reason that suppresses goes alone
        case
            when impossible.study_id is not null
                then 'Cannot exist: it is standardised by what this group is made of'
            when judgements.is_suppressed then judgements.status_reason
            when judgements.status_reason is not null and statistics.error_reason is not null
                then statistics.error_reason || '; ' || judgements.status_reason
            else coalesce(statistics.error_reason, judgements.status_reason)
        end as status_reason
    from frame
    inner join studies
        on frame.study_id = studies.study_id
    inner join rules
        on
            frame.study_id = rules.study_id
            and frame.measure_id = rules.measure_id
    left join breaks
        on
            frame.study_id = breaks.study_id
            and frame.wave_id = breaks.wave_id
            and frame.period_grain = breaks.period_grain
            and frame.period_start = breaks.period_start
            and frame.measure_id = breaks.measure_id
    left join impossible
        on
            frame.study_id = impossible.study_id
            and frame.measure_id = impossible.measure_id
            and frame.segment_id = impossible.segment_id
            and frame.segment_code = impossible.segment_code
    left join statistics
        on frame.cell_key = statistics.cell_key
    left join intervals
        on frame.cell_key = intervals.cell_key
    left join judgements
        on frame.cell_key = judgements.cell_key
)

select * from final
