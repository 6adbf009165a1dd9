/*
    Contrasts between segment values, indices and slopes, as they may be shown.
    1. Shown where all estimates in it are shown. Slopes are laid through the waves that are shown, so they
       have no others in them.
    2. What has no error, because an estimate in it has none, is marked and not tested.
    3. p-values are adjusted within study x measure x segment (and wave, of contrasts between segment values),
       over what is shown: what is suppressed must not leave a trace in the others.
    4. An index across a hard break is not comparable, and is not shown.
    5. Where the rule rounds bases, value and bounds go in steps of at least a twentieth of the interval, a
       difference in the larger step of its estimates; error, degrees of freedom and t are left out, p is rounded up.
*/
with

statistics as (
    select *
    from {{ ref('int_contrasts__contrasts') }}
    where contrast_kind <> 'change'
),

terms as (
    select *
    from {{ ref('int_contrasts__terms') }}
    where contrast_kind <> 'change'
),

estimates as (
    select * from {{ ref('int_published__estimates') }}
),

p_values as (
    select * from {{ ref('int_contrasts__p_values') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

series as (
    select * from {{ ref('int_comparisons__series') }}
),

term_statuses as (
    select
        terms.contrast_key,
        min(case when estimates.is_shown then 1 else 0 end) = 1 as is_shown,
        max(case when estimates.confidentiality_status = 'A' then 1 else 0 end) as has_primary,
        max(case when estimates.confidentiality_status = 'D' then 1 else 0 end) as has_secondary,
        max(case when estimates.observation_status = 'M' then 1 else 0 end) = 1 as cannot_exist,
        max(case when estimates.observation_status = 'L' then 1 else 0 end) = 1 as is_not_collected,
        max(
            case when estimates.observation_status = 'Q' then 1 else 0 end
        ) = 1 as has_suppressed_term,
        max(case when estimates.needs_caution then 1 else 0 end) = 1 as needs_caution,
        max(case when estimates.is_rounded then 1 else 0 end) = 1 as is_rounded,
        max(case when terms.contrast_kind = 'segment' then estimates.step end) as step,
        count(distinct series.series_number) as n_series
    from terms
    inner join estimates
        on terms.cell_key = estimates.cell_key
    left join series
        on
            terms.study_id = series.study_id
            and terms.measure_id = series.measure_id
            and terms.wave_id = series.wave_id
    group by terms.contrast_key
),

judged as (
    select
        statistics.*,
        case when statistics.contrast_kind = 'segment' then statistics.set_wave_id else '' end
            as family_wave_id,
        p_values.p_value,
        studies.adjustment_method,
        term_statuses.is_shown and term_statuses.n_series <= 1 as is_shown,
        term_statuses.n_series <= 1 as is_comparable,
        term_statuses.cannot_exist,
        term_statuses.is_not_collected,
        term_statuses.has_suppressed_term,
        term_statuses.needs_caution,
        term_statuses.is_rounded,
        case
            when term_statuses.is_rounded
                then
                    greatest(
                        term_statuses.step,
                        {{ rounding_step(
                            '(statistics.ci_upper - statistics.ci_lower) / 20'
                        ) | indent(24) }}
                    )
        end as step,
        case
            when term_statuses.has_primary = 1 then 'A'
            when term_statuses.has_secondary = 1 then 'D'
            else 'F'
        end as confidentiality_status
    from statistics
    inner join term_statuses
        on statistics.contrast_key = term_statuses.contrast_key
    inner join studies
        on statistics.study_id = studies.study_id
    left join p_values
        on
            abs(statistics.t_statistic) = p_values.absolute_t
            and statistics.degrees_of_freedom = p_values.degrees_of_freedom
),

shown as (
    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        family_wave_id,
        case when is_shown then n_waves end as n_waves,
        case
            when is_shown then {{ rounded_figure('contrast_value', 'step') | indent(16) }}
        end as contrast_value,
        case when is_shown and not is_rounded then standard_error end as standard_error,
        case when is_shown and not is_rounded then degrees_of_freedom end as degrees_of_freedom,
        ci_level,
        case
            when is_shown
                then {{ rounded_bound('contrast_value', 'ci_lower', 'step', '-') | indent(16) }}
        end as ci_lower,
        case
            when is_shown
                then {{ rounded_bound('contrast_value', 'ci_upper', 'step', '+') | indent(16) }}
        end as ci_upper,
        case when is_shown and not is_rounded then t_statistic end as t_statistic,
        case when is_shown then p_value end as p_value,
        adjustment_method,
        covariance_method,
        is_comparable,
        is_rounded,
        standard_error is null as is_error_unknown,
        is_shown,
        {{ observation_status(
            cannot_exist='cannot_exist',
            not_collected='is_not_collected',
            is_suppressed='has_suppressed_term',
            has_break='not is_comparable',
            needs_caution='needs_caution or standard_error is null'
        ) | indent(8) }} as observation_status,
        confidentiality_status
    from judged
),

adjusted as (
    {{ adjusted_in_families(
        'shown', 'contrast_kind, study_id, measure_id, segment_id, family_wave_id', 'set_wave_id, category_code, contrast_code'
    ) | indent(4) }}
),

final as (
    select
        -- keys
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,

        -- numbers, where they may be shown
        n_waves,
        contrast_value,
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
        observation_status,
        confidentiality_status,
        {{ reason_of_parts('observation_status', 'is_error_unknown') | indent(8) }}
            as status_reason,
        is_shown
    from adjusted
)

select * from final
