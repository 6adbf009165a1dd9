with

estimates as (
    select * from {{ ref('int_published__labelled_estimates') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
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
        estimates.measure_label,
        estimates.measure_kind,
        estimates.variable_id,
        estimates.variable_label,
        estimates.category_code,
        estimates.category_label,

        -- of whom
        estimates.segment_id,
        estimates.segment_label,
        estimates.segment_code,
        estimates.segment_value_label,

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
        estimates.weight_id,
        estimates.design_effect,
        estimates.coefficient_of_variation,

        -- status
        estimates.observation_status,
        estimates.confidentiality_status,
        estimates.publication_rule,
        estimates.base_description,
        estimates.status_reason
    from estimates
    inner join waves
        on
            estimates.study_id = waves.study_id
            and estimates.wave_id = waves.wave_id
    where estimates.period_grain = 'wave'
)

select * from final
