/*
    What each PSU adds to the estimates that are compared with others of their own sample: those have a covariance.
    Estimates of independent samples need none of these.
*/
with

coefficients as (
    select * from {{ ref('int_contrasts__compared_coefficients') }}
),

compared as (
    select distinct cell_key
    from coefficients
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
