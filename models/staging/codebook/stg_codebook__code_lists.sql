with

codebook as (
    select * from {{ ref('code_lists') }}
),

final as (
    select
        code_list_id,
        code_list_label,
        description,
        top_end
    from codebook
)

select * from final
