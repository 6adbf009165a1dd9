/*
    What each PSU adds to the estimates that are compared with others of their own sample: those have a covariance.
    Estimates of independent samples need none of these.
*/
with

compared as (
    select distinct cell_key
    from {{ ref('int_contrasts__terms') }}
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

final as (
    {{ influences('coefficients', 'replicates') | indent(4) }}
)

select * from final
