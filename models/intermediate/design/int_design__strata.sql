-- depends_on: {{ ref('int_checks__problems') }}
/*
    n_psus counts every PSU of the stratum in the wave, also those without anybody in a domain:
    that is what makes errors of domains right (docs: method).
*/
with

respondents as (
    select * from {{ ref('int_design__respondents') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

counted as (
    select
        study_id,
        wave_id,
        design_id,
        sample_id,
        stratum_id,
        count(distinct psu_id) as n_psus,
        count(distinct case when weight > 0 then psu_id end) as n_weighted_psus,
        max(psu_population) as psu_population
    from respondents
    group by
        study_id,
        wave_id,
        design_id,
        sample_id,
        stratum_id
),

final as (
    select
        -- keys
        counted.study_id,
        counted.wave_id,
        counted.stratum_id,
        counted.sample_id,

        -- sizes
        counted.n_psus,
        counted.n_weighted_psus,
        counted.psu_population,
        {{ sampling_fraction('counted.n_psus', 'counted.psu_population', 'designs.applies_fpc') }}
            as sampling_fraction,
        counted.n_psus = 1 as is_lonely,
        designs.lonely_psu
    from counted
    inner join designs
        on counted.design_id = designs.design_id
)

select * from final
