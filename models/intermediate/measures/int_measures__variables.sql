-- depends_on: {{ ref('int_checks__problems') }}
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

final as (
    select distinct
        variables.variable_id,
        -- the middle of the declared range; zero for categories and open ranges
        coalesce((variables.lower_bound + variables.upper_bound) / 2, 0) as origin
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
)

select * from final
