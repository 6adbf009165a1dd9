/*
    1. A hidden row keeps its keys and has no numbers, whether it is hidden for itself (primary) or so that
       another one cannot be computed from it (secondary).
    2. Where the rule rounds bases, what an exact base could be computed from is rounded or left out too.
    3. When several statuses apply, the first of M > L > Q > B > U > P > A is shown (observation_status). An empty
       cell that the rule hides is Q, not M: that nobody is in it is a number too.
*/
with

judged as (
    select * from {{ ref('int_estimates__judged') }}
),

secondary as (
    select * from {{ ref('int_disclosure__secondary') }}
),

rules as (
    select * from {{ ref('stg_codebook__publication_rules') }}
),

decided as (
    select
        judged.*,
        rules.base_rounding,
        secondary.study_id is not null as is_secondary,
        judged.is_collected
        and judged.has_respondents
        and not judged.is_suppressed
        and secondary.study_id is null as is_shown
    from judged
    left join rules
        on judged.publication_rule_id = rules.publication_rule_id
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
),

marked as (
    select
        *,
        {{ observation_status(
            cannot_exist='is_collected and not has_respondents and not is_suppressed',
            not_collected='not is_collected and not has_break',
            is_hidden='is_suppressed or is_secondary',
            has_break='has_break',
            needs_caution='needs_caution'
        ) | indent(8) }} as observation_status
    from decided
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
        case
            when is_shown
                then cast({{ rounded_base('n_respondents', 'base_rounding') }} as bigint)
        end as n_respondents,
        case
            when is_shown then {{ rounded_base('n_effective', 'base_rounding') }}
        end as n_effective,
        case
            when is_shown then {{ rounded_base('sum_of_weights', 'base_rounding') }}
        end as sum_of_weights,
        case when is_shown and base_rounding is null then design_effect end as design_effect,
        case when is_shown then coefficient_of_variation end as coefficient_of_variation,

        -- status
        observation_status,
        case
            when is_suppressed then 'A'
            when is_secondary then 'D'
            else 'F'
        end as confidentiality_status,
        publication_rule_id,
        case
            when is_secondary then 'Hidden so that other hidden figures cannot be computed'
            when observation_status = 'M' then 'Nobody answered in this group'
            when observation_status = 'L' then 'The study did not ask what it needs'
            when observation_status = 'B' and not is_shown
                then 'A break in the series lies within the period'
            else status_reason
        end as status_reason,
        is_shown,
        is_shown and needs_caution as needs_caution
    from marked
)

select * from final
