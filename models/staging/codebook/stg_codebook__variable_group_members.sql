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
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
