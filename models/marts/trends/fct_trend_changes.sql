with

changes as (
    select * from {{ ref('int_contrasts__published_changes') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

from_waves as (
    select * from {{ ref('dim_wave') }}
),

to_waves as (
    select * from {{ ref('dim_wave') }}
),

category_labels as (
    select * from {{ ref('int_measures__categories') }}
),

final as (
    select
        -- which waves are compared
        changes.study_id,
        changes.from_wave_id,
        from_waves.wave_label as from_wave_label,
        from_waves.wave_date as from_wave_date,
        changes.to_wave_id,
        to_waves.wave_label as to_wave_label,
        to_waves.wave_date as to_wave_date,
        changes.comparison,

        -- what is compared
        changes.measure_id,
        measures.measure_label,
        measures.measure_kind,
        changes.variable_id,
        changes.category_code,
        category_labels.category_label,

        -- of whom
        changes.segment_id,
        segment_values.segment_label,
        changes.segment_code,
        segment_values.segment_value_label,

        -- change and error
        changes.change,
        changes.standard_error,
        changes.degrees_of_freedom,
        changes.ci_level,
        changes.ci_lower,
        changes.ci_upper,

        -- test
        changes.t_statistic,
        changes.p_value,
        changes.p_value_adjusted,
        changes.adjustment_method,
        changes.is_significant,
        changes.covariance_method,

        -- status
        changes.is_comparable,
        changes.is_bridged,
        changes.observation_status,
        changes.confidentiality_status,
        changes.status_reason
    from changes
    inner join measures
        on changes.measure_id = measures.measure_id
    inner join category_labels
        on
            changes.measure_id = category_labels.measure_id
            and changes.category_code = category_labels.category_code
    inner join segment_values
        on
            changes.segment_id = segment_values.segment_id
            and changes.segment_code = segment_values.segment_code
    inner join from_waves
        on
            changes.study_id = from_waves.study_id
            and changes.from_wave_id = from_waves.wave_id
    inner join to_waves
        on
            changes.study_id = to_waves.study_id
            and changes.to_wave_id = to_waves.wave_id
)

select * from final
