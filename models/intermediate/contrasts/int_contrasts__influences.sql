/*
    What each PSU adds to the estimates that are compared with others of their own sample: those have a covariance.
    Estimates of independent samples need none of these.
*/
with

terms as (
    select * from {{ ref('int_contrasts__terms') }}
),

counted as (
    select
        cell_key,
        count(*) over (
            partition by
                contrast_kind,
                study_id,
                set_wave_id,
                measure_id,
                category_code,
                segment_id,
                contrast_code,
                sample_id
        ) as n_estimates
    from terms
),

compared as (
    select distinct cell_key
    from counted
    where n_estimates > 1
),

coefficients as (
    select coefficients.*
    from {{ ref('int_estimates__coefficients') }} as coefficients
    inner join compared
        on coefficients.cell_key = compared.cell_key
),

replicates as (
    select replicates.*
    from {{ ref('int_estimates__replicates') }} as replicates
    inner join compared
        on replicates.cell_key = compared.cell_key
),

linearised as (
    {{ influences('coefficients') | indent(4) }}
),

final as (
    select
        -- keys
        cell_key,
        stratum_key,
        unit_key,

        -- sum and sum of squares over the PSU
        sum_z,
        case when is_own_psu then sum_of_squares else sum_z * sum_z end as sum_zz
    from linearised

    union all

    select
        cell_key,
        stratum_key,
        unit_key,
        deviation as sum_z,
        deviation * deviation as sum_zz
    from replicates
)

select * from final
