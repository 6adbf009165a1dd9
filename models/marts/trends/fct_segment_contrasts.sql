with

contrasts as (
    select *
    from {{ ref('int_contrasts__published_contrasts') }}
    where contrast_kind = 'segment'
),

waves as (
    select * from {{ ref('dim_wave') }}
),

segment_pairs as (
    select * from {{ ref('int_comparisons__segment_pairs') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

category_labels as (
    select * from {{ ref('int_measures__categories') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

final as (
    select
        -- study and wave
        contrasts.study_id,
        contrasts.set_wave_id as wave_id,
        waves.wave_label,
        waves.wave_date,

        -- what is estimated
        contrasts.measure_id,
        measures.measure_label,
        measures.measure_kind,
        measures.variable_id,
        measures.subject_label as variable_label,
        contrasts.category_code,
        category_labels.category_label,

        -- who is compared with whom
        contrasts.segment_id,
        segment_values.segment_label,
        segment_pairs.segment_code,
        segment_values.segment_value_label,
        segment_pairs.reference_segment_code,
        reference_values.segment_value_label as reference_segment_value_label,

        -- difference and its error
        contrasts.contrast_value as difference,
        contrasts.standard_error,
        contrasts.degrees_of_freedom,
        contrasts.ci_level,
        contrasts.ci_lower,
        contrasts.ci_upper,

        -- test
        contrasts.t_statistic,
        contrasts.p_value,
        contrasts.p_value_adjusted,
        contrasts.adjustment_method,
        contrasts.is_significant,

        -- status
        contrasts.observation_status,
        contrasts.confidentiality_status,
        contrasts.status_reason
    from contrasts
    inner join segment_pairs
        on
            contrasts.segment_id = segment_pairs.segment_id
            and contrasts.contrast_code = segment_pairs.contrast_code
    inner join waves
        on
            contrasts.study_id = waves.study_id
            and contrasts.set_wave_id = waves.wave_id
    inner join measures
        on contrasts.measure_id = measures.measure_id
    inner join category_labels
        on
            contrasts.measure_id = category_labels.measure_id
            and contrasts.category_code = category_labels.category_code
    inner join segment_values
        on
            segment_pairs.segment_id = segment_values.segment_id
            and segment_pairs.segment_code = segment_values.segment_code
    inner join segment_values as reference_values
        on
            segment_pairs.segment_id = reference_values.segment_id
            and segment_pairs.reference_segment_code = reference_values.segment_code
)

select * from final
