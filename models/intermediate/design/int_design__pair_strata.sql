-- depends_on: {{ ref('int_checks__problems') }}
/*
    The union design of two waves that share a sample: each stratum with the PSUs of either wave.
    A wave that has no PSU of the stratum adds zeros to it.
*/
with

pairs as (
    select distinct
        study_id,
        from_wave_id,
        to_wave_id
    from {{ ref('int_changes__pairs') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

respondents as (
    select * from {{ ref('int_design__respondents') }}
),

psus as (
    select
        study_id,
        wave_id,
        stratum_id,
        psu_id,
        max(psu_population) as psu_population,
        max(case when weight > 0 then 1 else 0 end) as has_weight
    from respondents
    group by
        study_id,
        wave_id,
        stratum_id,
        psu_id
),

sharing as (
    select
        pairs.study_id,
        pairs.from_wave_id,
        pairs.to_wave_id,
        designs.applies_fpc,
        designs.lonely_psu
    from pairs
    inner join waves as from_wave
        on
            pairs.study_id = from_wave.study_id
            and pairs.from_wave_id = from_wave.wave_id
    inner join waves as to_wave
        on
            pairs.study_id = to_wave.study_id
            and pairs.to_wave_id = to_wave.wave_id
            and from_wave.sample_id = to_wave.sample_id
    inner join designs
        on to_wave.design_id = designs.design_id
),

united as (
    select
        sharing.study_id,
        sharing.from_wave_id,
        sharing.to_wave_id,
        sharing.applies_fpc,
        sharing.lonely_psu,
        psus.stratum_id,
        psus.psu_id,
        max(psus.psu_population) as psu_population,
        max(psus.has_weight) as has_weight
    from sharing
    inner join psus
        on
            sharing.study_id = psus.study_id
            and psus.wave_id in (sharing.from_wave_id, sharing.to_wave_id)
    group by
        sharing.study_id,
        sharing.from_wave_id,
        sharing.to_wave_id,
        sharing.applies_fpc,
        sharing.lonely_psu,
        psus.stratum_id,
        psus.psu_id
),

counted as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        stratum_id,
        applies_fpc,
        lonely_psu,
        count(*) as n_psus,
        cast(sum(has_weight) as bigint) as n_weighted_psus,
        max(psu_population) as psu_population
    from united
    group by
        study_id,
        from_wave_id,
        to_wave_id,
        stratum_id,
        applies_fpc,
        lonely_psu
),

final as (
    select
        -- keys
        study_id,
        from_wave_id,
        to_wave_id,
        stratum_id,

        -- sizes
        n_psus,
        n_weighted_psus,
        {{ sampling_fraction('n_psus', 'psu_population', 'applies_fpc') }} as sampling_fraction,
        lonely_psu
    from counted
)

select * from final
