-- depends_on: {{ ref('int_checks__problems') }}
with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

periods as (
    select *
    from {{ ref('int_design__periods') }}
    where period_grain = 'wave'
),

weights as (
    select
        study_id,
        wave_id,
        count(*) as n_respondents,
        sum(weight) as sum_of_weights,
        sum(weight * weight) as sum_of_squared_weights,
        min(weight) as min_weight,
        max(weight) as max_weight
    from respondents
    group by
        study_id,
        wave_id
),

final as (
    select
        -- keys
        weights.study_id,
        weights.wave_id,

        -- weights
        weights.n_respondents,
        weights.sum_of_weights,
        weights.sum_of_squared_weights,
        weights.min_weight,
        weights.max_weight,

        -- design
        periods.n_strata,
        periods.n_psus,
        periods.n_lonely_psus,
        periods.degrees_of_freedom
    from weights
    inner join periods
        on
            weights.study_id = periods.study_id
            and weights.wave_id = periods.wave_id
)

select * from final
