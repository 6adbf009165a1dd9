/*
    What each PSU adds to a standardised estimate, z = sum of the groups' w d (y - R x) / X times their share of the
    standard population, and the deviation of each replicate. The variances of all others are made of
    second-order sums of their parts (int_moments__cells); contrasts have influences of their own
    (int_contrasts__influences).
*/
with

coefficients as (
    select * from {{ ref('int_estimates__standardised_coefficients') }}
),

replicates as (
    select * from {{ ref('int_estimates__replicates') }}
),

final as (
    {{ influences('coefficients', 'replicates') | indent(4) }}
)

select * from final
