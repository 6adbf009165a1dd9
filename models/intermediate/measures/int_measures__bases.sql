-- depends_on: {{ ref('int_checks__problems') }}
-- Who is in the base that a measure names. Measures with the same base share its sums.
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

base_categories as (
    select * from {{ ref('stg_codebook__base_categories') }}
),

final as (
    select
        -- keys
        measures.measure_id,
        base_categories.variable_id,
        base_categories.category_code,

        -- the base
        base_categories.base_id
    from measures
    inner join base_categories
        on measures.base_id = base_categories.base_id
)

select * from final
