with

estimates as (
    select * from {{ ref('int_published__labelled_estimates') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain like 'pooled_%'
),

placed as (
    select
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.wave_id,
        count(*) over (
            partition by
                period_waves.study_id,
                period_waves.period_wave_id,
                period_waves.period_grain
        ) as n_waves,
        row_number() over (
            partition by
                period_waves.study_id,
                period_waves.period_wave_id,
                period_waves.period_grain
            order by waves.wave_number
        ) as place
    from period_waves
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
),

-- which waves are pooled
windows as (
    select
        study_id,
        period_wave_id,
        period_grain,
        n_waves,
        wave_id as from_wave_id
    from placed
    where place = 1
),

final as (
    select
        -- study and wave
        estimates.study_id,
        estimates.wave_id,
        waves.wave_label,
        waves.wave_date,
        windows.n_waves,
        windows.from_wave_id,

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
    inner join windows
        on
            estimates.study_id = windows.study_id
            and estimates.wave_id = windows.period_wave_id
            and estimates.period_grain = windows.period_grain
    where estimates.period_grain like 'pooled_%'
)

select * from final
