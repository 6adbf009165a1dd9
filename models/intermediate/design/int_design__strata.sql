-- depends_on: {{ ref('int_checks__problems') }}
/*
    The strata of each period, with the PSUs of all its waves together: a PSU that two waves of one sample
    share is one PSU.
    1. n_psus counts every PSU of the stratum, also those without anybody in a domain: that is what makes
       errors of domains right (docs: method).
    2. Designs with replicate weights have the one stratum `replicate`, whose PSUs are the replicates; as many of
       them count for the degrees of freedom as the rank of the weights says.
    3. Of a calendar period all PSUs of its waves count, or those with an interview in it, as the design says.
*/
with

respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

replicates as (
    select
        design_id,
        weight_id,
        count(*) as n_replicates
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'replicate_weight'
    group by
        design_id,
        weight_id
),

replicate_ranks as (
    select * from {{ ref('int_design__replicate_ranks') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

period_waves as (
    select * from {{ ref('int_comparisons__period_waves') }}
),

-- what belongs to one sample has one design: that of its latest wave in the period
period_samples as (
    select
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        waves.sample_id,
        waves.design_id,
        row_number() over (
            partition by
                period_waves.study_id,
                period_waves.period_wave_id,
                period_waves.period_grain,
                period_waves.period_start,
                waves.sample_id
            order by waves.wave_number desc
        ) as place
    from period_waves
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
),

-- of PSUs by date only where a date may matter
psus as (
    select
        respondents.study_id,
        respondents.wave_id,
        respondents.sample_id,
        respondents.weight_id,
        respondents.stratum_id,
        respondents.psu_id,
        designs.period_psus = 'interviewed' as is_by_date,
        case when designs.period_psus = 'interviewed' then respondents.interview_date end
            as interview_date,
        max(respondents.psu_population) as psu_population,
        max(case when respondents.weight > 0 then 1 else 0 end) as has_weight
    from respondents
    inner join designs
        on respondents.design_id = designs.design_id
    where designs.variance_method = 'taylor'
    group by
        respondents.study_id,
        respondents.wave_id,
        respondents.sample_id,
        respondents.weight_id,
        respondents.stratum_id,
        respondents.psu_id,
        designs.period_psus = 'interviewed',
        case when designs.period_psus = 'interviewed' then respondents.interview_date end
),

shared as (
    select
        study_id,
        sample_id
    from waves
    group by
        study_id,
        sample_id
    having count(*) > 1
),

-- PSUs of a sample that one wave has alone need not be told apart, but by date
psus_of_waves as (
    select
        psus.study_id,
        psus.wave_id,
        psus.sample_id,
        psus.weight_id,
        psus.stratum_id,
        case
            when shared.sample_id is not null or psus.is_by_date then psus.psu_id
        end as psu_id,
        psus.is_by_date,
        psus.interview_date,
        count(distinct psus.psu_id) as n_psus,
        count(distinct case when psus.has_weight = 1 then psus.psu_id end) as n_weighted_psus,
        max(psus.psu_population) as psu_population
    from psus
    left join shared
        on
            psus.study_id = shared.study_id
            and psus.sample_id = shared.sample_id
    group by
        psus.study_id,
        psus.wave_id,
        psus.sample_id,
        psus.weight_id,
        psus.stratum_id,
        case
            when shared.sample_id is not null or psus.is_by_date then psus.psu_id
        end,
        psus.is_by_date,
        psus.interview_date
),

united as (
    select
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        psus_of_waves.sample_id,
        psus_of_waves.weight_id,
        psus_of_waves.stratum_id,
        psus_of_waves.psu_id,
        case
            when psus_of_waves.psu_id is null then sum(psus_of_waves.n_psus)
            else 1
        end as n_psus,
        case
            when psus_of_waves.psu_id is null then sum(psus_of_waves.n_weighted_psus)
            else max(psus_of_waves.n_weighted_psus)
        end as n_weighted_psus,
        max(psus_of_waves.psu_population) as psu_population
    from period_waves
    inner join psus_of_waves
        on
            period_waves.study_id = psus_of_waves.study_id
            and period_waves.wave_id = psus_of_waves.wave_id
            and (
                period_waves.period_end is null
                or not psus_of_waves.is_by_date
                or psus_of_waves.interview_date
                between period_waves.period_start and period_waves.period_end
            )
    group by
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        psus_of_waves.sample_id,
        psus_of_waves.weight_id,
        psus_of_waves.stratum_id,
        psus_of_waves.psu_id
),

counted as (
    select
        study_id,
        period_wave_id,
        period_grain,
        period_start,
        sample_id,
        weight_id,
        stratum_id,
        cast(sum(n_psus) as bigint) as n_psus,
        cast(sum(n_weighted_psus) as bigint) as n_weighted_psus,
        max(psu_population) as psu_population
    from united
    group by
        study_id,
        period_wave_id,
        period_grain,
        period_start,
        sample_id,
        weight_id,
        stratum_id
),

taylor as (
    select
        counted.study_id,
        counted.period_wave_id as wave_id,
        counted.period_grain,
        counted.period_start,
        counted.sample_id,
        counted.weight_id,
        counted.stratum_id,
        period_samples.design_id,
        false as is_replicate,
        counted.n_psus,
        counted.n_weighted_psus,
        counted.psu_population,
        {{ sampling_fraction('counted.n_psus', 'counted.psu_population', 'designs.applies_fpc') }}
            as sampling_fraction,
        counted.n_psus = 1 as is_lonely,
        designs.lonely_psu
    from counted
    inner join period_samples
        on
            counted.study_id = period_samples.study_id
            and counted.period_wave_id = period_samples.period_wave_id
            and counted.period_grain = period_samples.period_grain
            and counted.period_start = period_samples.period_start
            and counted.sample_id = period_samples.sample_id
            and period_samples.place = 1
    inner join designs
        on period_samples.design_id = designs.design_id
),

sample_weights as (
    select distinct
        study_id,
        sample_id,
        weight_id,
        weight_key
    from respondents
),

replicated as (
    select
        period_samples.study_id,
        period_samples.period_wave_id as wave_id,
        period_samples.period_grain,
        period_samples.period_start,
        period_samples.sample_id,
        sample_weights.weight_id,
        'replicate' as stratum_id,
        period_samples.design_id,
        true as is_replicate,
        cast(coalesce(replicates.n_replicates, 0) as bigint) as n_psus,
        cast(coalesce(replicate_ranks.weight_rank, replicates.n_replicates, 0) as bigint)
            as n_weighted_psus,
        cast(null as {{ type_number() }}) as psu_population,
        cast(0 as {{ type_number() }}) as sampling_fraction,
        false as is_lonely,
        designs.lonely_psu
    from period_samples
    inner join designs
        on period_samples.design_id = designs.design_id
    inner join sample_weights
        on
            period_samples.study_id = sample_weights.study_id
            and period_samples.sample_id = sample_weights.sample_id
    left join replicates
        on
            designs.design_id = replicates.design_id
            and sample_weights.weight_id = replicates.weight_id
    left join replicate_ranks
        on
            period_samples.study_id = replicate_ranks.study_id
            and period_samples.period_wave_id = replicate_ranks.wave_id
            and period_samples.period_grain = replicate_ranks.period_grain
            and period_samples.period_start = replicate_ranks.period_start
            and period_samples.sample_id = replicate_ranks.sample_id
            and sample_weights.weight_key = replicate_ranks.weight_key
    where
        period_samples.place = 1
        and designs.variance_method <> 'taylor'
),

of_both_kinds as (
    select * from taylor
    union all
    select * from replicated
),

final as (
    select
        -- keys
        {{ integer_key(['study_id', 'wave_id', 'period_grain', 'period_start']) }} as period_key,
        {{ integer_key(['study_id', 'sample_id', 'weight_id', 'stratum_id']) }} as stratum_key,
        {{ integer_key(['study_id', 'sample_id', 'weight_id']) }} as sample_key,
        {{ weight_key() }} as weight_key,

        -- what they stand for, and sizes
        of_both_kinds.*
    from of_both_kinds
)

select * from final
