-- depends_on: {{ ref('int_checks__problems') }}
with

respondents as (
    select * from {{ ref('int_design__respondents') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
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

psus as (
    select
        study_id,
        wave_id,
        count(*) as n_strata,
        sum(n_psus) as n_psus,
        sum(case when is_lonely then 1 else 0 end) as n_lonely_psus,
        -- as R's degf(): strata and PSUs that only have respondents of weight zero do not count
        sum(n_weighted_psus)
        - sum(case when n_weighted_psus > 0 then 1 else 0 end) as degrees_of_freedom
    from strata
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
        psus.n_strata,
        cast(psus.n_psus as bigint) as n_psus,
        cast(psus.n_lonely_psus as bigint) as n_lonely_psus,
        cast(psus.degrees_of_freedom as bigint) as degrees_of_freedom
    from weights
    inner join psus
        on
            weights.study_id = psus.study_id
            and weights.wave_id = psus.wave_id
)

select * from final
