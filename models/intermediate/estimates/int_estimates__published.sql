/*
    1. The study's publication rule decides what is hidden; a hidden row keeps its keys and has no numbers.
    2. When several statuses apply, the first of B > L > M > Q > U > P > A is shown (docs: method).
*/
with

frame as (
    select * from {{ ref('int_estimates__frame') }}
),

statistics as (
    select * from {{ ref('int_estimates__statistics') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

criteria as (
    select * from {{ ref('stg_codebook__publication_criteria') }}
),

breaks as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__breaks_by_wave') }}
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

judged as (
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
        statistics.ci_lower,
        statistics.ci_upper,
        statistics.ci_method,
        statistics.n_respondents,
        statistics.n_effective,
        statistics.sum_of_weights,
        statistics.design_effect,
        statistics.coefficient_of_variation,
        studies.ci_level,
        studies.publication_rule_id,
        frame.is_collected,
        coalesce(statistics.n_respondents, 0) > 0 as has_respondents,
        frame.is_collected
        and coalesce(statistics.n_respondents, 0) < coalesce(thresholds.suppress_below, 0)
            as is_suppressed,
        coalesce(statistics.n_respondents, 0) < coalesce(thresholds.caution_below, 0)
            as needs_caution,
        frame.is_collected and breaks.wave_id is not null as has_break
    from frame
    inner join studies
        on frame.study_id = studies.study_id
    left join thresholds
        on studies.publication_rule_id = thresholds.publication_rule_id
    left join breaks
        on
            frame.study_id = breaks.study_id
            and frame.wave_id = breaks.wave_id
            and frame.variable_id = breaks.variable_id
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
),

decided as (
    select
        *,
        is_collected and has_respondents and not is_suppressed as is_shown
    from judged
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        variable_id,
        category_code,
        segment_id,
        segment_code,

        -- numbers, where they may be shown
        case when is_shown then estimate end as estimate,
        case when is_shown then standard_error end as standard_error,
        case when is_shown then degrees_of_freedom end as degrees_of_freedom,
        case when is_shown then ci_level end as ci_level,
        case when is_shown then ci_lower end as ci_lower,
        case when is_shown then ci_upper end as ci_upper,
        case when is_shown then ci_method end as ci_method,
        case when is_shown then n_respondents end as n_respondents,
        case when is_shown then n_effective end as n_effective,
        case when is_shown then sum_of_weights end as sum_of_weights,
        case when is_shown then design_effect end as design_effect,
        case when is_shown then coefficient_of_variation end as coefficient_of_variation,

        -- status
        case
            when has_break then 'B'
            when not is_collected then 'L'
            when not has_respondents and not is_suppressed then 'M'
            when is_suppressed then 'Q'
            when needs_caution then 'U'
            else 'A'
        end as observation_status,
        case when is_suppressed then 'A' else 'F' end as confidentiality_status,
        publication_rule_id,
        is_shown
    from decided
)

select * from final
