with

codebook as (
    select * from {{ ref('derived_sums') }}
),

final as (
    select
        variable_id,
        variable_group_id,
        score_id,
        {{ to_integer('minimum_answers') }} as minimum_answers
    from codebook
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
