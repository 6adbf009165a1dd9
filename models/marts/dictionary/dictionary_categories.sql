with

categories as (
    select * from {{ ref('dim_category') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

final as (
    select
        -- keys
        categories.variable_id,
        categories.category_code,

        -- labels
        variables.variable_label,
        categories.category_label,
        categories.category_order,
        categories.code_list_id,
        variables.code_list_label
    from categories
    inner join variables
        on categories.variable_id = variables.variable_id
)

select * from final
