-- depends_on: {{ ref('int_checks__problems') }}
with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

weighted_respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

periods as (
    select *
    from {{ ref('int_design__periods') }}
    where period_grain = 'wave'
),

loaded as (
    select
        study_id,
        wave_id,
        count(*) as n_loaded
    from respondents
    group by
        study_id,
        wave_id
),

weights as (
    select
        study_id,
        wave_id,
        weight_id,
        weight_key,
        is_default_weight,
        count(*) as n_respondents,
        sum(case when weight > 0 then 1 else 0 end) as n_weighted,
        sum(weight) as sum_of_weights,
        sum(weight * weight) as sum_of_squared_weights,
        min(weight) as min_weight,
        max(weight) as max_weight
    from weighted_respondents
    group by
        study_id,
        wave_id,
        weight_id,
        weight_key,
        is_default_weight
),

final as (
    select
        -- keys
        weights.study_id,
        weights.wave_id,
        weights.weight_id,
        weights.weight_key,
        weights.is_default_weight,

        -- rows
        loaded.n_loaded,
        weights.n_respondents,
        cast(weights.n_weighted as bigint) as n_weighted,

        -- weights
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
    inner join loaded
        on
            weights.study_id = loaded.study_id
            and weights.wave_id = loaded.wave_id
    inner join periods
        on
            weights.study_id = periods.study_id
            and weights.wave_id = periods.wave_id
            and weights.weight_key = periods.weight_key
)

select * from final
