/*
    1. All of it follows from what fct_trend_estimates and fct_trend_changes show, so it tells nothing that they hide.
    2. Rounded percentages add up to 100 by largest remainders: each is rounded down, and what is missing goes to
       those with the largest remainders, of equal ones to the first category. Remainders are whole numbers of
       ten-billionths, so that noise of the computer decides no tie.
    3. There are no rounded percentages where a part of the whole is not shown, or parts are rounded already: what
       they lack of 100 would be taken for rounding. A category that was not offered is no part.
*/
with

estimates as (
    select * from {{ ref('fct_trend_estimates') }}
),

changes as (
    select * from {{ ref('fct_trend_changes') }}
),

wave_pairs as (
    select * from {{ ref('int_comparisons__wave_pairs') }}
),

breaks as (
    select * from {{ ref('int_comparisons__measure_breaks') }}
),

studies as (
    select * from {{ ref('dim_study') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

segment_values as (
    select * from {{ ref('dim_segment') }}
),

categories as (
    select * from {{ ref('int_measures__categories') }}
),

formats as (
    select * from {{ ref('int_published__formats') }}
),

statuses as (
    select * from {{ ref('int_published__statuses') }}
),

-- with the previous wave and with the first
compared as (
    select
        changes.study_id,
        changes.to_wave_id as wave_id,
        changes.measure_id,
        changes.category_code,
        changes.segment_id,
        changes.segment_code,
        wave_pairs.comparison_kind,
        {{ change_in_words(
            'changes.change', 'changes.is_significant', 'changes.is_comparable', 'changes.from_wave_label'
        ) | indent(8) }} as in_words,
        case when changes.is_significant then 1 when not changes.is_significant then 0 end
            as significance
    from changes
    inner join wave_pairs
        on
            changes.study_id = wave_pairs.study_id
            and changes.measure_id = wave_pairs.measure_id
            and changes.comparison = wave_pairs.comparison
            and changes.from_wave_id = wave_pairs.from_wave_id
            and changes.to_wave_id = wave_pairs.to_wave_id
    where wave_pairs.comparison_kind in ('previous', 'first')
),

compared_once as (
    select
        study_id,
        wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        max(case when comparison_kind = 'previous' then in_words end) as since_previous,
        max(case when comparison_kind = 'previous' then significance end) = 1
            as is_significant_since_previous,
        max(case when comparison_kind = 'first' then in_words end) as since_first,
        max(case when comparison_kind = 'first' then significance end) = 1
            as is_significant_since_first
    from compared
    group by
        study_id,
        wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code
),

wave_breaks as (
    select
        study_id,
        wave_id,
        measure_id,
        {{ joined_in_order(
            'break_description', "' '", 'break_wave_number, ' ~ by_code_point('break_id')
        ) }} as break_text
    from breaks
    group by
        study_id,
        wave_id,
        measure_id
),

parts as (
    select
        estimates.study_id,
        estimates.wave_id,
        estimates.measure_id,
        estimates.category_code,
        estimates.segment_id,
        estimates.segment_code,
        categories.category_order,
        estimates.estimate,
        {{ scaled_digits('estimates.estimate', 10) | indent(8) }} as ten_billionths,
        case
            when estimates.estimate is null and estimates.observation_status <> 'L' then 1
            else 0
        end as is_hidden
    from estimates
    inner join formats
        on estimates.measure_id = formats.measure_id
    inner join categories
        on
            estimates.measure_id = categories.measure_id
            and estimates.category_code = categories.category_code
    where formats.is_distribution
),

rounded_down as (
    select
        *,
        (ten_billionths - mod(ten_billionths, 100000000)) / 100000000 as whole_percent,
        mod(ten_billionths, 100000000) as remainder,
        max(is_hidden) over (
            partition by study_id, wave_id, measure_id, segment_id, segment_code
        ) as has_hidden_part,
        sum(estimate) over (
            partition by study_id, wave_id, measure_id, segment_id, segment_code
        ) as sum_of_parts
    from parts
),

ranked as (
    select
        *,
        row_number() over (
            partition by study_id, wave_id, measure_id, segment_id, segment_code
            order by remainder desc, category_order, {{ by_code_point('category_code') }}
        ) as place,
        100 - sum(whole_percent) over (
            partition by study_id, wave_id, measure_id, segment_id, segment_code
        ) as missing_percent
    from rounded_down
    where
        estimate is not null
        and has_hidden_part = 0
        and abs(sum_of_parts - 1) < 1e-9
),

in_units as (
    select
        estimates.*,
        formats.value_unit,
        formats.value_decimals,
        formats.value_scale * estimates.estimate as value,
        formats.value_scale * estimates.ci_lower as value_lower,
        formats.value_scale * estimates.ci_upper as value_upper
    from estimates
    inner join formats
        on estimates.measure_id = formats.measure_id
),

with_digits as (
    select
        *,
        {{ digits_of_figure() | indent(8) }},
        {{ written_unit('value_unit') | indent(8) }} as written_unit
    from in_units
),

final as (
    select
        -- study and wave
        figures.study_id,
        studies.study_label,
        figures.wave_id,
        figures.wave_label,
        waves.wave_number,
        figures.wave_date,

        -- what is estimated
        figures.measure_id,
        figures.measure_label,
        figures.measure_kind,
        figures.variable_id,
        figures.variable_label,
        figures.category_code,
        figures.category_label,
        categories.category_order,

        -- of whom
        figures.segment_id,
        figures.segment_label,
        {{ segment_depth('segment_values') | indent(8) }} as segment_depth,
        figures.segment_code,
        figures.segment_value_label,
        segment_values.segment_order,
        figures.base_description,

        -- value and interval, in the unit
        figures.value,
        figures.value_lower,
        figures.value_upper,
        figures.value_unit,
        figures.value_decimals,
        {{ written_figure('figures') | indent(8) }},
        cast(
            ranked.whole_percent
            + case when ranked.place <= ranked.missing_percent then 1 else 0 end as integer
        ) as rounded_percent,
        figures.ci_level,
        figures.n_respondents,

        -- compared with earlier waves
        compared_once.since_previous,
        compared_once.is_significant_since_previous,
        compared_once.since_first,
        compared_once.is_significant_since_first,
        wave_breaks.break_text,

        -- status
        figures.observation_status,
        figures.confidentiality_status,
        {{ status_in_words('figures', 'statuses', 'estimate') | indent(8) }}
    from with_digits as figures
    inner join studies
        on figures.study_id = studies.study_id
    inner join waves
        on
            figures.study_id = waves.study_id
            and figures.wave_id = waves.wave_id
    inner join categories
        on
            figures.measure_id = categories.measure_id
            and figures.category_code = categories.category_code
    inner join segment_values
        on
            figures.segment_id = segment_values.segment_id
            and figures.segment_code = segment_values.segment_code
    inner join statuses
        on figures.observation_status = statuses.observation_status
    left join ranked
        on
            figures.study_id = ranked.study_id
            and figures.wave_id = ranked.wave_id
            and figures.measure_id = ranked.measure_id
            and figures.category_code = ranked.category_code
            and figures.segment_id = ranked.segment_id
            and figures.segment_code = ranked.segment_code
    left join compared_once
        on
            figures.study_id = compared_once.study_id
            and figures.wave_id = compared_once.wave_id
            and figures.measure_id = compared_once.measure_id
            and figures.category_code = compared_once.category_code
            and figures.segment_id = compared_once.segment_id
            and figures.segment_code = compared_once.segment_code
    left join wave_breaks
        on
            figures.study_id = wave_breaks.study_id
            and figures.wave_id = wave_breaks.wave_id
            and figures.measure_id = wave_breaks.measure_id
)

select * from final
