with

estimates as (
    select * from {{ ref('int_published__estimates') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

category_labels as (
    select * from {{ ref('int_measures__categories') }}
),

final as (
    select
        -- study and wave
        estimates.study_id,
        estimates.wave_id,
        waves.wave_label,
        waves.wave_date,

        -- what is estimated
        estimates.measure_id,
        measures.measure_label,
        measures.measure_kind,
        estimates.variable_id,
        measures.subject_label as variable_label,
        estimates.category_code,
        category_labels.category_label,

        -- of whom
        estimates.segment_id,
        segment_values.segment_label,
        estimates.segment_code,
        segment_values.segment_value_label,

        -- estimate and error
        estimates.estimate,
        estimates.standard_error,
        estimates.degrees_of_freedom,
        estimates.ci_level,
        estimates.ci_lower,
        estimates.ci_upper,
        estimates.ci_method,

        -- bases
        estimates.n_respondents,
        estimates.n_effective,
        estimates.sum_of_weights,
        estimates.design_effect,
        estimates.coefficient_of_variation,

        -- status
        estimates.observation_status,
        estimates.confidentiality_status,
        estimates.publication_rule_id as publication_rule,
        measures.base_description,
        estimates.status_reason
    from estimates
    inner join waves
        on
            estimates.study_id = waves.study_id
            and estimates.wave_id = waves.wave_id
    inner join measures
        on estimates.measure_id = measures.measure_id
    inner join category_labels
        on
            estimates.measure_id = category_labels.measure_id
            and estimates.category_code = category_labels.category_code
    inner join segment_values
        on
            estimates.segment_id = segment_values.segment_id
            and estimates.segment_code = segment_values.segment_code
    where estimates.period_grain = 'wave'
)

select * from final
