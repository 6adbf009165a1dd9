with

contrasts as (
    select *
    from {{ ref('int_contrasts__labelled_contrasts') }}
    where contrast_kind = 'slope'
),

series as (
    select
        study_id,
        measure_id,
        wave_set_id,
        series_number,
        min(wave_number) as first_wave_number,
        max(wave_number) as last_wave_number
    from {{ ref('int_comparisons__series') }}
    group by
        study_id,
        measure_id,
        wave_set_id,
        series_number
),

first_waves as (
    select * from {{ ref('dim_wave') }}
),

last_waves as (
    select * from {{ ref('dim_wave') }}
),

final as (
    select
        -- study and series
        contrasts.study_id,
        series.series_number,
        first_waves.wave_id as first_wave_id,
        last_waves.wave_id as last_wave_id,
        contrasts.n_waves,

        -- what is estimated
        contrasts.measure_id,
        contrasts.measure_label,
        contrasts.measure_kind,
        contrasts.variable_id,
        contrasts.variable_label,
        contrasts.category_code,
        contrasts.category_label,

        -- of whom
        contrasts.segment_id,
        contrasts.segment_label,
        contrasts.segment_code,
        contrasts.segment_value_label,

        -- slope and its error
        contrasts.contrast_value as slope,
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
        contrasts.covariance_method,

        -- status
        contrasts.observation_status,
        contrasts.confidentiality_status,
        contrasts.status_reason
    from contrasts
    inner join series
        on
            contrasts.study_id = series.study_id
            and contrasts.measure_id = series.measure_id
            and contrasts.set_wave_id = series.wave_set_id
    inner join first_waves
        on
            contrasts.study_id = first_waves.study_id
            and series.first_wave_number = first_waves.wave_number
    inner join last_waves
        on
            contrasts.study_id = last_waves.study_id
            and series.last_wave_number = last_waves.wave_number
)

select * from final
