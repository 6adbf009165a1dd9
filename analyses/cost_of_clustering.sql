-- How much precision do clusters cost? Only of studies in which PSUs are more than single people.
with

estimates as (
    select * from {{ ref('fct_trend_estimates') }}
),

quality as (
    select * from {{ ref('fct_wave_quality') }}
),

clustered_waves as (
    select
        study_id,
        wave_id
    from quality
    where n_psus < loaded_respondents
),

final as (
    select
        estimates.study_id,
        estimates.measure_label,
        count(*) as n_estimates,
        min(estimates.design_effect) as smallest_design_effect,
        avg(estimates.design_effect) as mean_design_effect,
        max(estimates.design_effect) as largest_design_effect,

        -- as many people in a simple random sample would say as much
        max(estimates.n_respondents) as n_respondents,
        min(estimates.n_effective) as smallest_n_effective
    from estimates
    inner join clustered_waves
        on
            estimates.study_id = clustered_waves.study_id
            and estimates.wave_id = clustered_waves.wave_id
    where
        estimates.segment_id = 'total'
        and estimates.design_effect is not null
    group by
        estimates.study_id,
        estimates.measure_label
)

select * from final
order by
    mean_design_effect desc,
    study_id asc,
    measure_label asc
