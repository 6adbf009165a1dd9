/*
    1. A change is shown where both of its estimates are, and no hard break lies between them.
    2. A change without an error, because one of its estimates has none, is marked and not tested.
    3. p-values are adjusted within study x measure x segment x comparison, over the changes that are shown:
       a suppressed change must not leave a trace in the others.
    3. Where the rule rounds bases, change and bounds go in the larger step of its estimates, and of at least
       a twentieth of its interval; error, degrees of freedom and t are left out, p is rounded up.
*/
with

pairs as (
    select * from {{ ref('int_comparisons__wave_pairs') }}
),

contrast_sets as (
    select *
    from {{ ref('int_contrasts__degrees_of_freedom') }}
    where set_grain = 'wave_set'
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

estimates as (
    select *
    from {{ ref('int_published__estimates') }}
    where period_grain = 'wave'
),

errors as (
    select *
    from {{ ref('int_contrasts__contrasts') }}
    where contrast_kind = 'change'
),

p_values as (
    select * from {{ ref('int_contrasts__p_values') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

breaks as (
    select distinct
        study_id,
        measure_id,
        break_wave_number,
        is_dividing,
        bridge_factor is not null as is_bridged
    from {{ ref('int_comparisons__measure_breaks') }}
    where
        is_dividing
        or bridge_factor is not null
),

crossed_breaks as (
    select
        pairs.study_id,
        pairs.measure_id,
        pairs.from_wave_id,
        pairs.to_wave_id,
        max(case when breaks.is_dividing then 1 else 0 end) = 1 as is_dividing,
        max(case when breaks.is_bridged then 1 else 0 end) = 1 as is_bridged
    from pairs
    inner join breaks
        on
            pairs.study_id = breaks.study_id
            and pairs.measure_id = breaks.measure_id
            and least(pairs.from_wave_number, pairs.to_wave_number) < breaks.break_wave_number
            and greatest(pairs.from_wave_number, pairs.to_wave_number) >= breaks.break_wave_number
    group by
        pairs.study_id,
        pairs.measure_id,
        pairs.from_wave_id,
        pairs.to_wave_id
),

judged as (
    select
        pairs.study_id,
        pairs.from_wave_id,
        pairs.to_wave_id,
        pairs.comparison,
        pairs.measure_id,
        later.variable_id,
        later.category_code,
        later.segment_id,
        later.segment_code,
        errors.contrast_value as change,
        errors.standard_error,
        errors.ci_lower,
        errors.ci_upper,
        errors.t_statistic,
        contrast_sets.degrees_of_freedom,
        contrast_sets.covariance_method,
        later.ci_level,
        p_values.p_value,
        studies.adjustment_method,
        not coalesce(crossed_breaks.is_dividing, false) as is_comparable,
        coalesce(crossed_breaks.is_bridged and not crossed_breaks.is_dividing, false) as is_bridged,
        later.is_rounded,
        case
            when later.is_rounded
                then
                    greatest(
                        later.step,
                        earlier.step,
                        {{ rounding_step('(errors.ci_upper - errors.ci_lower) / 20') | indent(24) }}
                    )
        end as step,
        later.is_shown
        and earlier.is_shown
        and not coalesce(crossed_breaks.is_dividing, false) as is_shown,
        'A' in (later.confidentiality_status, earlier.confidentiality_status) as is_suppressed,
        'D' in (later.confidentiality_status, earlier.confidentiality_status) as is_secondary,
        'L' in (later.observation_status, earlier.observation_status) as is_not_collected,
        'M' in (later.observation_status, earlier.observation_status) as cannot_exist,
        'Q' in (later.observation_status, earlier.observation_status) as has_suppressed_end,
        later.needs_caution or earlier.needs_caution as needs_caution
    from pairs
    inner join weights
        on
            pairs.study_id = weights.study_id
            and pairs.measure_id = weights.measure_id
    -- none where no wave of the two has the weight
    left join contrast_sets
        on
            pairs.study_id = contrast_sets.study_id
            and pairs.wave_set_id = contrast_sets.set_wave_id
            and weights.weight_key = contrast_sets.weight_key
    inner join studies
        on pairs.study_id = studies.study_id
    inner join estimates as later
        on
            pairs.study_id = later.study_id
            and pairs.to_wave_id = later.wave_id
            and pairs.measure_id = later.measure_id
    inner join estimates as earlier
        on
            pairs.study_id = earlier.study_id
            and pairs.from_wave_id = earlier.wave_id
            and later.measure_id = earlier.measure_id
            and later.category_code = earlier.category_code
            and later.segment_id = earlier.segment_id
            and later.segment_code = earlier.segment_code
    left join crossed_breaks
        on
            pairs.study_id = crossed_breaks.study_id
            and pairs.measure_id = crossed_breaks.measure_id
            and pairs.from_wave_id = crossed_breaks.from_wave_id
            and pairs.to_wave_id = crossed_breaks.to_wave_id
    left join errors
        on
            pairs.study_id = errors.study_id
            and pairs.wave_set_id = errors.set_wave_id
            and pairs.measure_id = errors.measure_id
            and later.category_code = errors.category_code
            and later.segment_id = errors.segment_id
            and later.segment_code = errors.contrast_code
    left join p_values
        on
            abs(errors.t_statistic) = p_values.absolute_t
            and errors.degrees_of_freedom = p_values.degrees_of_freedom
),

shown as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        comparison,
        measure_id,
        variable_id,
        category_code,
        segment_id,
        segment_code,
        ci_level,
        case
            when is_shown then {{ rounded_figure('change', 'step') | indent(16) }}
        end as change,
        case when is_shown and not is_rounded then standard_error end as standard_error,
        case when is_shown and not is_rounded then degrees_of_freedom end as degrees_of_freedom,
        case
            when is_shown then {{ rounded_bound('change', 'ci_lower', 'step', '-') | indent(16) }}
        end as ci_lower,
        case
            when is_shown then {{ rounded_bound('change', 'ci_upper', 'step', '+') | indent(16) }}
        end as ci_upper,
        case when is_shown and not is_rounded then t_statistic end as t_statistic,
        case when is_shown then p_value end as p_value,
        covariance_method,
        adjustment_method,
        is_comparable,
        is_bridged,
        is_rounded,
        standard_error is null as is_error_unknown,
        is_shown,
        {{ observation_status(
            cannot_exist='cannot_exist',
            not_collected='is_not_collected',
            is_suppressed='has_suppressed_end',
            has_break='not is_comparable',
            needs_caution='needs_caution or standard_error is null'
        ) | indent(8) }} as observation_status,
        case
            when is_suppressed then 'A'
            when is_secondary then 'D'
            else 'F'
        end as confidentiality_status
    from judged
),

adjusted as (
    {{ adjusted_in_families(
        'shown', 'study_id, measure_id, segment_id, comparison', 'to_wave_id, category_code, segment_code'
    ) | indent(4) }}
),

final as (
    select
        -- keys
        study_id,
        from_wave_id,
        to_wave_id,
        comparison,
        measure_id,
        variable_id,
        category_code,
        segment_id,
        segment_code,

        -- numbers, where they may be shown
        change,
        standard_error,
        degrees_of_freedom,
        ci_level,
        ci_lower,
        ci_upper,
        t_statistic,
        {{ rounded_p_value('p_value', 'is_rounded') | indent(8) }} as p_value,
        {{ rounded_p_value('p_value_adjusted', 'is_rounded') | indent(8) }} as p_value_adjusted,
        adjustment_method,
        p_value_adjusted < 1 - ci_level as is_significant,
        covariance_method,

        -- status
        is_comparable,
        is_bridged,
        observation_status,
        confidentiality_status,
        {{ reason_of_parts('observation_status', 'is_error_unknown') | indent(8) }}
            as status_reason,
        is_shown
    from adjusted
)

select * from final
