/*
    Of most estimates the parts of the period have what their variance is made of (int_moments__cells). Of
    standardised ones the z of PSUs are squared here, and of replicate weights their deviations. The variances of
    samples are added.
*/
with

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

parts as (
    select * from {{ ref('int_design__parts') }}
),

cells as (
    select * from {{ ref('int_moments__cells') }}
),

influences as (
    select * from {{ ref('int_estimates__influences') }}
),

strata as (
    select * from {{ ref('int_design__strata') }}
),

taylor_samples as (
    select distinct
        period_key,
        sample_key
    from strata
    where not is_replicate
),

-- how far the part's ratio is from the one of the period; what is left below its digits is rounding
shifted as (
    select
        coefficients.cell_key,
        parts.sample_key,
        coefficients.coefficient_y,
        cells.quu,
        cells.qux,
        cells.qxx,
        case
            when coefficients.measure_kind = 'total' then cells.centre + coefficients.origin
            when
                abs(cells.centre - coefficients.ratio)
                < 1e-13 * (abs(cells.centre) + abs(coefficients.ratio))
                then 0
            else cells.centre - coefficients.ratio
        end as shift
    from coefficients
    inner join parts
        on
            coefficients.period_key = parts.period_key
            and (coefficients.measure_kind = 'quantile') = parts.is_of_quantiles
    inner join taylor_samples
        on
            parts.period_key = taylor_samples.period_key
            and parts.sample_key = taylor_samples.sample_key
    inner join cells
        on
            parts.part_key = cells.part_key
            and coefficients.score_key = cells.score_key
            and coefficients.segment_value_key = cells.segment_value_key
    where not coefficients.is_standardised
),

of_parts as (
    select
        cell_key,
        sample_key,
        coefficient_y * coefficient_y * case
            when
                quu + 2 * shift * qux + shift * shift * qxx
                > 1e-14 * (quu + abs(2 * shift * qux) + shift * shift * qxx)
                then quu + 2 * shift * qux + shift * shift * qxx
            -- null where a sample has none
            when quu is not null and coefficient_y is not null then 0
        end as variance
    from shifted
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

of_influences as (
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

united as (
    select
        cell_key,
        variance
    from of_parts

    union all

    select
        cell_key,
        variance
    from of_influences
),

final as (
    select
        -- keys
        cell_key,

        -- null where a sample has none
        case when count(*) = count(variance) then sum(variance) end as variance
    from united
    group by cell_key
)

select * from final
