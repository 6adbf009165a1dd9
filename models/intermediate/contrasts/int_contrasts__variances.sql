/*
    Variance of a contrast, sample by sample.
    1. Samples are independent: their variances are added.
    2. A sample with one estimate in the contrast adds its variance times the square of its coefficient.
    3. Where a sample has several, the z of each PSU are summed with their coefficients first, over the union of
       the PSUs of the waves involved (docs: method, formula 5): that holds all covariances.
    4. What is below the digits of the single variances is rounding: the variance is zero.
    5. A bridge adds the variance of its factor, once for all estimates before it.
    6. A replicate in which one of the estimates does not exist has no contrast either, and is left out.
    7. PSUs of one respondent each are in one wave and in one value of a segment: their products are zero.
*/
with

terms as (
    select * from {{ ref('int_contrasts__terms') }}
),

influences as (
    select * from {{ ref('int_contrasts__influences') }}
),

units as (
    select * from {{ ref('int_design__units') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
),

design_replicates as (
    select * from {{ ref('int_design__replicates') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

bridges as (
    select * from {{ ref('int_comparisons__bridges') }}
),

single as (
    select
        contrast_key,
        sample_id,
        coefficient * coefficient * variance as variance
    from terms
    where n_estimates = 1
),

by_psu as (
    select
        terms.contrast_key,
        terms.study_id,
        terms.set_wave_id,
        terms.set_grain,
        terms.sample_id,
        influences.stratum_key,
        influences.unit_key,
        count(*) = max(terms.n_estimates) as is_complete,
        sum(terms.coefficient * terms.influence_scale * influences.sum_z) as sum_z,
        sum(
            power(terms.coefficient * terms.influence_scale, 2) * influences.sum_zz
        ) as sum_zz
    from terms
    inner join influences
        on terms.cell_key = influences.cell_key
    where terms.n_estimates > 1
    group by
        terms.contrast_key,
        terms.study_id,
        terms.set_wave_id,
        terms.set_grain,
        terms.sample_id,
        influences.stratum_key,
        influences.unit_key
),

placed as (
    select
        by_psu.*,
        units.is_own_psu,
        strata.is_replicate,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu,
        coalesce(sqrt(design_replicates.replicate_factor), 1) as replicate_root,
        coalesce(design_replicates.replicate_centre, 'full_sample') as replicate_centre
    from by_psu
    inner join strata
        on
            by_psu.study_id = strata.study_id
            and by_psu.set_wave_id = strata.wave_id
            and by_psu.set_grain = strata.period_grain
            and by_psu.stratum_key = strata.stratum_key
    inner join units
        on by_psu.unit_key = units.unit_key
    left join design_replicates
        on
            strata.is_replicate
            and strata.design_id = design_replicates.design_id
            and strata.weight_id = design_replicates.weight_id
            and units.psu_id = design_replicates.psu_id
    where by_psu.is_complete or not strata.is_replicate
),

-- replicates deviate from the mean of those that have the contrast, where the design says so
recentred as (
    select
        *,
        case
            when is_replicate and replicate_centre = 'replicate_mean'
                then
                    sum_z - replicate_root * avg(
                        case when replicate_root > 0 then sum_z / replicate_root end
                    ) over (partition by contrast_key, sample_id)
            else sum_z
        end as recentred_z
    from placed
),

by_stratum as (
    select
        contrast_key,
        sample_id,
        is_replicate,
        n_psus,
        sampling_fraction,
        lonely_psu,
        sum(recentred_z) as sum_z,
        sum(case when is_own_psu then sum_zz else recentred_z * recentred_z end) as sum_zz
    from recentred
    group by
        contrast_key,
        sample_id,
        stratum_key,
        is_replicate,
        n_psus,
        sampling_fraction,
        lonely_psu
),

stratum_variances as (
    select
        contrast_key,
        sample_id,
        n_psus,
        sampling_fraction,
        lonely_psu,
        case
            when is_replicate then sum_zz
            else {{ stratum_variance(
                'sum_zz', 'sum_z', 'n_psus', 'sampling_fraction', 'lonely_psu'
            ) | indent(16) }}
        end as stratum_variance
    from by_stratum
),

single_variances as (
    select
        contrast_key,
        sample_id,
        sum(coefficient * coefficient * variance) as sum_of_variances,
        -- of quantiles without a bound
        sum(case when influence_scale is null then 1 else 0 end) as n_without_influences
    from terms
    where n_estimates > 1
    group by
        contrast_key,
        sample_id
),

united as (
    select
        contrast_key,
        sample_id,
        sum(stratum_variance)
        * {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as variance
    from stratum_variances
    group by
        contrast_key,
        sample_id
),

several as (
    select
        united.contrast_key,
        united.sample_id,
        case
            when single_variances.n_without_influences > 0 then null
            when united.variance < 1e-20 * single_variances.sum_of_variances then 0
            else united.variance
        end as variance
    from united
    inner join single_variances
        on
            united.contrast_key = single_variances.contrast_key
            and united.sample_id = single_variances.sample_id
),

by_sample as (
    select * from single
    union all
    select * from several
),

-- the latest wave of a contrast, to whose scale the others are bridged
latest as (
    select
        terms.contrast_key,
        terms.study_id,
        max(waves.wave_number) as wave_number
    from terms
    inner join waves
        on
            terms.study_id = waves.study_id
            and terms.wave_id = waves.wave_id
    group by
        terms.contrast_key,
        terms.study_id
),

bridged as (
    select
        terms.contrast_key,
        bridges.break_id,
        power(sum(terms.coefficient * terms.estimate), 2)
        * power(max(bridges.bridge_error / bridges.bridge_factor), 2) as variance
    from terms
    inner join latest
        on terms.contrast_key = latest.contrast_key
    inner join waves
        on
            latest.study_id = waves.study_id
            and latest.wave_number = waves.wave_number
    inner join bridges
        on
            terms.study_id = bridges.study_id
            and terms.measure_id = bridges.measure_id
            and terms.wave_id = bridges.earlier_wave_id
            and waves.wave_id = bridges.later_wave_id
    group by
        terms.contrast_key,
        bridges.break_id
),

parts as (
    select
        contrast_key,
        variance
    from by_sample

    union all

    select
        contrast_key,
        variance
    from bridged
),

final as (
    select
        contrast_key,
        -- null where a part has none
        case when count(*) = count(variance) then sum(variance) end as variance
    from parts
    group by contrast_key
)

select * from final
