with

codebook as (
    select * from {{ ref('variable_groups') }}
),

final as (
    select
        variable_group_id,
        variable_group_label,
        group_kind,
        mention_category_code,
        description
    from codebook
)

select * from final
