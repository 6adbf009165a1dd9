{{ config(materialized='view') }}
/*
    What each PSU adds to an estimate: z = w d (y - R x) / X and its like, summed over the PSU. Every error in
    this warehouse is made of these: of an estimate, and of anything that is linear in estimates (changes,
    contrasts, slopes), where the z of one PSU are added before they are squared (docs: method).
    1. Of PSUs of one respondent each, only the sums of z and of its square are kept.
    2. This is a view. A variance needs sums over strata only, so nobody has to keep a row per cell and PSU;
       contrasts keep those of the cells that they compare.
*/
with

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

replicates as (
    select * from {{ ref('int_estimates__replicates') }}
),

final as (
    {{ influences('coefficients', 'replicates') | indent(4) }}
)

select * from final
