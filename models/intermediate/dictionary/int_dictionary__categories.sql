-- depends_on: {{ ref('int_checks__problems') }}
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

final as (
    select
        -- keys
        variables.variable_id,
        categories.category_code,

        -- labels
        categories.category_label,
        categories.category_order,
        categories.code_list_id
    from variables
    inner join categories
        on variables.code_list_id = categories.code_list_id
)

select * from final
