with

codebook as (
    select * from {{ ref('standard_populations') }}
),

final as (
    select
        standard_population_id,
        standard_population_label,
        variable_id,
        description,
        source
    from codebook
)

select * from final
