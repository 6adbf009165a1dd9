/*
    What changed in the latest wave of each study, against the wave before that asked the same?
    A change across a soft break is shown like any other; the estimate of the later wave has the status B.
*/
with

changes as (
    select * from {{ ref('fct_trend_changes') }}
),

estimates as (
    select * from {{ ref('fct_trend_estimates') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

latest_waves as (
    select
        study_id,
        max(wave_date) as wave_date
    from waves
    group by study_id
),

final as (
    select
        -- what, of whom, when
        changes.study_id,
        changes.measure_label,
        changes.category_label,
        changes.segment_label,
        changes.segment_value_label,
        changes.from_wave_id,
        changes.to_wave_id,

        -- how much, and how sure
        changes.change,
        changes.ci_lower,
        changes.ci_upper,
        changes.p_value_adjusted,
        estimates.observation_status = 'B' as is_across_break
    from changes
    inner join latest_waves
        on
            changes.study_id = latest_waves.study_id
            and changes.to_wave_date = latest_waves.wave_date
    inner join estimates
        on
            changes.study_id = estimates.study_id
            and changes.to_wave_id = estimates.wave_id
            and changes.measure_id = estimates.measure_id
            and changes.category_code = estimates.category_code
            and changes.segment_id = estimates.segment_id
            and changes.segment_code = estimates.segment_code
    where
        changes.comparison = 'previous'
        and changes.is_significant
)

select * from final
order by
    study_id,
    p_value_adjusted,
    measure_label,
    category_label,
    segment_label,
    segment_value_label
