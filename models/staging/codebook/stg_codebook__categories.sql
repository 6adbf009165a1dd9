with

codebook as (
    select * from {{ ref('categories') }}
),

final as (
    select
        code_list_id,
        category_code,
        {{ to_integer('category_order') }} as category_order,
        category_label,
        coalesce({{ to_boolean('is_off_scale') }}, false) as is_off_scale
    from codebook
)

select * from final
