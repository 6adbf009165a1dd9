with

influences as (
    select * from {{ ref('int_estimates__influences') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
),

by_stratum as (
    select
        cell_key,
        period_key,
        stratum_key,
        sum(sum_z) as sum_z,
        sum(sum_zz) as sum_zz
    from influences
    group by
        cell_key,
        period_key,
        stratum_key
),

stratum_variances as (
    select
        by_stratum.cell_key,
        strata.sample_key,
        strata.n_psus,
        strata.sampling_fraction,
        strata.lonely_psu,
        case
            when strata.is_replicate then by_stratum.sum_zz
            else {{ stratum_variance(
                'by_stratum.sum_zz',
                'by_stratum.sum_z',
                'strata.n_psus',
                'strata.sampling_fraction',
                'strata.lonely_psu',
            ) | indent(16) }}
        end as stratum_variance
    from by_stratum
    inner join strata
        on
            by_stratum.period_key = strata.period_key
            and by_stratum.stratum_key = strata.stratum_key
),

sample_variances as (
    select
        cell_key,
        sample_key,
        -- null where no stratum has an error
        sum(stratum_variance)
        * {{ lonely_scale('n_psus', 'sampling_fraction', 'lonely_psu') | indent(8) }} as variance
    from stratum_variances
    group by
        cell_key,
        sample_key
),

final as (
    select
        -- keys
        cell_key,

        -- null where a sample has none
        case when count(*) = count(variance) then sum(variance) end as variance
    from sample_variances
    group by cell_key
)

select * from final
