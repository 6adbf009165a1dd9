with

influences as (
    select * from {{ ref('int_estimates__influences') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
),

by_stratum as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        sum(sum_z) as sum_z,
        sum(sum_zz) as sum_zz
    from influences
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id
),

placed as (
    select
        by_stratum.study_id,
        by_stratum.wave_id,
        by_stratum.period_grain,
        by_stratum.period_start,
        by_stratum.measure_id,
        by_stratum.category_code,
        by_stratum.segment_id,
        by_stratum.segment_code,
        by_stratum.sample_id,
        strata.is_replicate,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu,
        by_stratum.sum_z,
        by_stratum.sum_zz
    from by_stratum
    inner join strata
        on
            by_stratum.study_id = strata.study_id
            and by_stratum.wave_id = strata.wave_id
            and by_stratum.period_grain = strata.period_grain
            and by_stratum.period_start = strata.period_start
            and by_stratum.sample_id = strata.sample_id
            and by_stratum.stratum_id = strata.stratum_id
),

stratum_variances as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
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
    from placed
),

sample_variances as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id,
        -- null where no stratum has an error
        sum(stratum_variance)
        * {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as variance
    from stratum_variances
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sample_id
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,

        -- null where a sample has none
        case when count(*) = count(variance) then sum(variance) end as variance
    from sample_variances
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code
)

select * from final
