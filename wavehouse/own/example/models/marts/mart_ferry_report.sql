/*
    A table of this team: the share who are very satisfied with the ferry, with its change since the
    wave before. It is built on public tables of Wavehouse, whose columns are a contract.
*/
with

estimates as (
    select * from {{ ref('fct_trend_estimates') }}
    where measure_id = 'ferry_satisfaction_share' and category_code = 'very_satisfied'
),

changes as (
    select * from {{ ref('fct_trend_changes') }}
    where comparison = 'previous'
),

final as (
    select
        estimates.wave_id,
        estimates.wave_date,
        estimates.segment_id,
        estimates.segment_code,
        estimates.segment_value_label as segment_value,
        estimates.estimate,
        estimates.ci_lower,
        estimates.ci_upper,
        changes.change,
        changes.is_significant
    from estimates
    left join changes
        on
            estimates.study_id = changes.study_id
            and estimates.wave_id = changes.to_wave_id
            and estimates.measure_id = changes.measure_id
            and estimates.category_code = changes.category_code
            and estimates.segment_id = changes.segment_id
            and estimates.segment_code = changes.segment_code
)

select * from final
