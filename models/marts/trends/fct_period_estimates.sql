with

estimates as (
    select * from {{ ref('int_published__labelled_estimates') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

calendar_periods as (
    select * from {{ ref('int_comparisons__calendar_periods') }}
),

single_waves as (
    select
        period_waves.study_id,
        period_waves.period_grain,
        period_waves.period_start,
        min(period_waves.wave_id) as wave_id
    from {{ ref('int_comparisons__period_waves') }} as period_waves
    where period_waves.period_end is not null
    group by
        period_waves.study_id,
        period_waves.period_grain,
        period_waves.period_start
    having count(*) = 1
),

final as (
    select
        -- study, period, and wave if the interviews are of one
        estimates.study_id,
        estimates.period_grain,
        estimates.period_start,
        calendar_periods.period_end,
        single_waves.wave_id,
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
    inner join calendar_periods
        on
            estimates.study_id = calendar_periods.study_id
            and estimates.period_grain = calendar_periods.period_grain
            and estimates.period_start = calendar_periods.period_start
    left join single_waves
        on
            estimates.study_id = single_waves.study_id
            and estimates.period_grain = single_waves.period_grain
            and estimates.period_start = single_waves.period_start
    left join waves
        on
            single_waves.study_id = waves.study_id
            and single_waves.wave_id = waves.wave_id
    where
        estimates.period_grain <> 'wave'
        and estimates.period_grain not like 'pooled_%'
)

select * from final
