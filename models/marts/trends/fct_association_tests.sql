with

tests as (
    select * from {{ ref('int_associations__published_tests') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

segments as (
    select distinct
        segment_id,
        segment_label
    from {{ ref('int_segments__values') }}
),

final as (
    select
        -- study and wave
        tests.study_id,
        tests.wave_id,
        waves.wave_label,
        waves.wave_date,

        -- what is tested, and across which groups
        tests.measure_id,
        measures.measure_label,
        measures.variable_id,
        measures.subject_label as variable_label,
        tests.segment_id,
        segments.segment_label,

        -- base and test
        tests.n_respondents,
        tests.f_statistic,
        tests.numerator_df,
        tests.denominator_df,
        tests.p_value,
        tests.p_value_adjusted,
        tests.adjustment_method,
        tests.is_significant,

        -- status
        tests.observation_status,
        tests.confidentiality_status,
        tests.status_reason
    from tests
    inner join waves
        on
            tests.study_id = waves.study_id
            and tests.wave_id = waves.wave_id
    inner join measures
        on tests.measure_id = measures.measure_id
    inner join segments
        on tests.segment_id = segments.segment_id
)

select * from final
