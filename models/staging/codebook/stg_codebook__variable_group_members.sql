with

codebook as (
    select * from {{ ref('variable_group_members') }}
),

final as (
    select
        variable_group_id,
        variable_id,
        {{ to_integer('member_order') }} as member_order
    from codebook
)

select * from final
