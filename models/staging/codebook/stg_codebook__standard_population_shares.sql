with

codebook as (
    select * from {{ ref('standard_population_shares') }}
),

final as (
    select
        standard_population_id,
        category_code,
        {{ to_number('population_share') }} as population_share
    from codebook
)

select * from final
