/*
    1. A suppressed row keeps its keys and has no numbers, whether it is unreliable (F), confidential (A), or suppressed
       so that a confidential one cannot be computed from it (D).
    2. Where the rule rounds bases, what an exact base follows from is rounded or left out too. Figures and
       bounds go in steps of at least a twentieth of the interval (of the figure, where no error is known), for shares
       1 / n of the least possible base, and for totals what a step of the base is worth. Errors, degrees of freedom, design effects and sums of weights are left out.
    3. When several statuses apply, the first of M > L > Q > B > U > P > A is shown (observation_status). An empty
       cell that the rule suppresses is Q, not M: that nobody is in it is a number too.
*/
with

judged as (
    select * from {{ ref('int_rules__judged_estimates') }}
),

secondary as (
    select * from {{ ref('int_disclosure__secondary') }}
),

rules as (
    select * from {{ ref('stg_codebook__publication_rules') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

idle_periods as (
    select
        study_id,
        period_grain,
        period_start
    from {{ ref('int_comparisons__calendar_periods') }}
    where not has_interviews
),

decided as (
    select
        judged.*,
        rules.base_rounding,
        rules.base_rounding is not null as is_rounded,
        case
            when rules.base_rounding is not null
                then
                    {{ rounding_step(
                        "greatest("
                        "(judged.ci_upper - judged.ci_lower) / 20, "
                        "case when judged.is_error_unknown then abs(judged.estimate) / 20 end, "
                        "case when " ~ is_share_kind('measures.measure_kind')
                        ~ " then 1.0 / greatest(judged.n_respondents - rules.base_rounding, 1) end, "
                        "case when measures.measure_kind = 'total'"
                        " then abs(judged.estimate) * rules.base_rounding"
                        " / nullif(judged.n_respondents, 0) end)"
                    ) | indent(20) }}
        end as step,
        secondary.study_id is not null as is_secondary,
        idle_periods.study_id is not null as is_idle,
        judged.is_collected
        and judged.has_respondents
        and not judged.is_suppressed
        and secondary.study_id is null as is_shown
    from judged
    left join rules
        on judged.publication_rule_id = rules.publication_rule_id
    left join measures
        on judged.measure_id = measures.measure_id
    left join secondary
        on
            judged.study_id = secondary.study_id
            and judged.wave_id = secondary.wave_id
            and judged.period_grain = secondary.period_grain
            and judged.period_start = secondary.period_start
            and judged.measure_id = secondary.measure_id
            and judged.category_code = secondary.category_code
            and judged.segment_id = secondary.segment_id
            and judged.segment_code = secondary.segment_code
    left join idle_periods
        on
            judged.study_id = idle_periods.study_id
            and judged.period_grain = idle_periods.period_grain
            and judged.period_start = idle_periods.period_start
),

marked as (
    select
        *,
        {{ observation_status(
            cannot_exist='cannot_exist or (is_collected and not has_respondents and not is_suppressed)',
            not_collected='not is_collected and not has_break',
            is_suppressed='is_suppressed or is_secondary',
            has_break='has_break',
            needs_caution='needs_caution'
        ) | indent(8) }} as observation_status
    from decided
),

final as (
    select
        -- keys
        cell_key,
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
        case
            when is_shown then {{ rounded_figure('estimate', 'step') | indent(16) }}
        end as estimate,
        case when is_shown and not is_rounded then standard_error end as standard_error,
        case when is_shown and not is_rounded then degrees_of_freedom end as degrees_of_freedom,
        case when is_shown then ci_level end as ci_level,
        case
            when is_shown then {{ rounded_bound('estimate', 'ci_lower', 'step', '-') | indent(16) }}
        end as ci_lower,
        case
            when is_shown then {{ rounded_bound('estimate', 'ci_upper', 'step', '+') | indent(16) }}
        end as ci_upper,
        case when is_shown then ci_method end as ci_method,
        case
            when is_shown
                then cast({{ rounded_base('n_respondents', 'base_rounding') }} as bigint)
        end as n_respondents,
        case when is_shown and not is_rounded then n_effective end as n_effective,
        case when is_shown and not is_rounded then sum_of_weights end as sum_of_weights,
        case when is_shown and not is_rounded then design_effect end as design_effect,
        case
            when is_shown and not is_rounded then coefficient_of_variation
        end as coefficient_of_variation,
        is_rounded,
        case when is_shown then step end as step,

        -- status
        observation_status,
        case
            when is_confidential then 'A'
            when is_secondary then 'D'
            else 'F'
        end as confidentiality_status,
        publication_rule_id,
        case
            when is_secondary then 'Suppressed so that other suppressed figures cannot be computed'
            when observation_status = 'M' and not coalesce(cannot_exist, false)
                then 'Nobody answered in this group'
            when observation_status = 'L' and is_idle then 'Nobody was interviewed in this period'
            when observation_status = 'L' then 'The study did not ask or offer what it needs'
            when observation_status = 'B' and not is_shown
                then 'A break in the series lies within the period'
            else status_reason
        end as status_reason,
        is_shown,
        is_shown and needs_caution as needs_caution,
        is_shown and is_error_unknown as is_error_unknown
    from marked
)

select * from final
