-- All of it follows from what fct_trend_changes shows, so it tells nothing that is hidden there.
with

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

from_waves as (
    select * from {{ ref('dim_wave') }}
),

to_waves as (
    select * from {{ ref('dim_wave') }}
),

measures as (
    select * from {{ ref('dim_measure') }}
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

-- a break shows at more than one wave where variables of the measure were asked in others
crossed_breaks as (
    select distinct
        wave_pairs.study_id,
        wave_pairs.measure_id,
        wave_pairs.from_wave_id,
        wave_pairs.to_wave_id,
        breaks.break_wave_number,
        breaks.break_id,
        breaks.break_description
    from wave_pairs
    inner join breaks
        on
            wave_pairs.study_id = breaks.study_id
            and wave_pairs.measure_id = breaks.measure_id
            and least(wave_pairs.from_wave_number, wave_pairs.to_wave_number)
            < breaks.break_wave_number
            and greatest(wave_pairs.from_wave_number, wave_pairs.to_wave_number)
            >= breaks.break_wave_number
),

pair_breaks as (
    select
        study_id,
        measure_id,
        from_wave_id,
        to_wave_id,
        {{ joined_in_order(
            'break_description', "' '", 'break_wave_number, ' ~ by_code_point('break_id')
        ) }} as break_text
    from crossed_breaks
    group by
        study_id,
        measure_id,
        from_wave_id,
        to_wave_id
),

in_units as (
    select
        changes.*,
        formats.change_unit as value_unit,
        formats.value_decimals,
        formats.value_scale * changes.change as value,
        formats.value_scale * changes.ci_lower as value_lower,
        formats.value_scale * changes.ci_upper as value_upper
    from changes
    inner join formats
        on changes.measure_id = formats.measure_id
),

with_digits as (
    select
        *,
        {{ digits_of_figure() | indent(8) }},
        case when value_unit is null then '' else ' ' || value_unit end as written_unit
    from in_units
),

final as (
    select
        -- which waves are compared
        figures.study_id,
        studies.study_label,
        figures.from_wave_id,
        figures.from_wave_label,
        from_waves.wave_number as from_wave_number,
        figures.from_wave_date,
        figures.to_wave_id,
        figures.to_wave_label,
        to_waves.wave_number as to_wave_number,
        figures.to_wave_date,
        figures.comparison,
        figures.from_wave_label || ' to ' || figures.to_wave_label as waves_label,

        -- what is compared
        figures.measure_id,
        figures.measure_label,
        figures.measure_kind,
        figures.variable_id,
        measures.variable_label,
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
        measures.base_description,

        -- change and interval, in the unit
        figures.value,
        figures.value_lower,
        figures.value_upper,
        figures.value_unit,
        figures.value_decimals,
        {{ written_figure('figures', with_plus=true) | indent(8) }},
        figures.ci_level,

        -- test
        figures.is_significant,
        {{ change_in_words(
            'figures.change', 'figures.is_significant', 'figures.is_comparable', 'figures.from_wave_label'
        ) | indent(8) }} as significance_text,

        -- breaks and status
        figures.is_comparable,
        figures.is_bridged,
        pair_breaks.break_text,
        figures.observation_status,
        figures.confidentiality_status,
        {{ status_in_words('figures', 'statuses', 'change') | indent(8) }}
    from with_digits as figures
    inner join studies
        on figures.study_id = studies.study_id
    inner join from_waves
        on
            figures.study_id = from_waves.study_id
            and figures.from_wave_id = from_waves.wave_id
    inner join to_waves
        on
            figures.study_id = to_waves.study_id
            and figures.to_wave_id = to_waves.wave_id
    inner join measures
        on figures.measure_id = measures.measure_id
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
    left join pair_breaks
        on
            figures.study_id = pair_breaks.study_id
            and figures.measure_id = pair_breaks.measure_id
            and figures.from_wave_id = pair_breaks.from_wave_id
            and figures.to_wave_id = pair_breaks.to_wave_id
)

select * from final
