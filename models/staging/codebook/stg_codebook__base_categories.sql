with

codebook as (
    select * from {{ ref('base_categories') }}
),

final as (
    select
        base_id,
        variable_id,
        category_code
    from codebook
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
