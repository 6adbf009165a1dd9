with

contrasts as (
    select *
    from {{ ref('int_contrasts__labelled_contrasts') }}
    where contrast_kind = 'index'
),

index_pairs as (
    select * from {{ ref('int_comparisons__index_pairs') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

base_waves as (
    select * from {{ ref('dim_wave') }}
),

final as (
    select
        -- study and waves
        contrasts.study_id,
        index_pairs.wave_id,
        waves.wave_label,
        waves.wave_date,
        index_pairs.base_wave_id,
        base_waves.wave_label as base_wave_label,

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

        -- index and its error
        contrasts.contrast_value as index_value,
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
        contrasts.is_comparable,
        contrasts.observation_status,
        contrasts.confidentiality_status,
        contrasts.status_reason
    from contrasts
    inner join index_pairs
        on
            contrasts.study_id = index_pairs.study_id
            and contrasts.set_wave_id = index_pairs.wave_set_id
            and contrasts.measure_id = index_pairs.measure_id
    inner join waves
        on
            index_pairs.study_id = waves.study_id
            and index_pairs.wave_id = waves.wave_id
    inner join base_waves
        on
            index_pairs.study_id = base_waves.study_id
            and index_pairs.base_wave_id = base_waves.wave_id
)

select * from final
