with

categories as (
    select * from {{ ref('int_dictionary__categories') }}
),

final as (
    select
        -- keys
        variable_id,
        category_code,

        -- labels
        category_label,
        category_order,
        code_list_id
    from categories
)

select * from final
