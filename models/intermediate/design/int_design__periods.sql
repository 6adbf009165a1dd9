/*
    Size and degrees of freedom of the design of each period under each weight, its samples together. As R's degf(), strata and
    PSUs that only have respondents of weight zero do not count.
*/
with

strata as (
    select * from {{ ref('int_design__strata') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

samples as (
    select
        period_key,
        study_id,
        wave_id,
        period_grain,
        period_start,
        sample_id,
        weight_id,
        weight_key,
        design_id,
        sum(case when is_replicate then 0 else 1 end) as n_strata,
        sum(case when is_replicate then 0 else n_psus end) as n_psus,
        sum(case when is_lonely then 1 else 0 end) as n_lonely_psus,
        sum(n_weighted_psus)
        - sum(case when n_weighted_psus > 0 then 1 else 0 end) as degrees_of_freedom
    from strata
    group by
        period_key,
        study_id,
        wave_id,
        period_grain,
        period_start,
        sample_id,
        weight_id,
        weight_key,
        design_id
),

final as (
    select
        -- keys
        samples.period_key,
        samples.weight_key,
        samples.study_id,
        samples.wave_id,
        samples.period_grain,
        samples.period_start,
        samples.weight_id,

        -- sizes
        count(*) as n_samples,
        cast(sum(samples.n_strata) as bigint) as n_strata,
        cast(sum(samples.n_psus) as bigint) as n_psus,
        cast(sum(samples.n_lonely_psus) as bigint) as n_lonely_psus,
        cast(
            sum(coalesce(designs.declared_degrees_of_freedom, samples.degrees_of_freedom)) as bigint
        ) as degrees_of_freedom
    from samples
    inner join designs
        on samples.design_id = designs.design_id
    group by
        samples.period_key,
        samples.weight_key,
        samples.study_id,
        samples.wave_id,
        samples.period_grain,
        samples.period_start,
        samples.weight_id
)

select * from final
