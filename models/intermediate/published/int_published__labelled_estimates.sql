{{ config(materialized='view') }}
/*
    What the marts of estimates show of a cell, whatever its period. They add what is known of the period.
*/
with

estimates as (
    select * from {{ ref('int_published__estimates') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

category_labels as (
    select * from {{ ref('int_measures__categories') }}
),

final as (
    select
        -- keys
        estimates.cell_key,
        estimates.study_id,
        estimates.wave_id,
        estimates.period_grain,
        estimates.period_start,

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
        weights.weight_id,
        estimates.design_effect,
        estimates.coefficient_of_variation,

        -- status
        estimates.observation_status,
        estimates.confidentiality_status,
        estimates.publication_rule_id as publication_rule,
        measures.base_description,
        estimates.status_reason
    from estimates
    inner join measures
        on estimates.measure_id = measures.measure_id
    inner join weights
        on
            estimates.study_id = weights.study_id
            and estimates.measure_id = weights.measure_id
    inner join category_labels
        on
            estimates.measure_id = category_labels.measure_id
            and estimates.category_code = category_labels.category_code
    inner join segment_values
        on
            estimates.segment_id = segment_values.segment_id
            and estimates.segment_code = segment_values.segment_code
)

select * from final
