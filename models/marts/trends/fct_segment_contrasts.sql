with

contrasts as (
    select *
    from {{ ref('int_contrasts__labelled_contrasts') }}
    where contrast_kind = 'segment'
),

waves as (
    select * from {{ ref('dim_wave') }}
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
        contrasts.measure_label,
        contrasts.measure_kind,
        contrasts.variable_id,
        contrasts.variable_label,
        contrasts.category_code,
        contrasts.category_label,

        -- who is compared with whom
        contrasts.segment_id,
        contrasts.segment_label,
        contrasts.segment_code,
        contrasts.segment_value_label,
        contrasts.reference_segment_code,
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
    inner join waves
        on
            contrasts.study_id = waves.study_id
            and contrasts.set_wave_id = waves.wave_id
    inner join segment_values as reference_values
        on
            contrasts.segment_id = reference_values.segment_id
            and contrasts.reference_segment_code = reference_values.segment_code
)

select * from final
