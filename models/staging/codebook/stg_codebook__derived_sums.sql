with

codebook as (
    select * from {{ ref('derived_sums') }}
),

final as (
    select
        variable_id,
        variable_group_id,
        {{ to_integer('minimum_answers') }} as minimum_answers
    from codebook
)

select * from final
