with

codebook as (
    select * from {{ ref('derived_sum_scores') }}
),

final as (
    select
        variable_id,
        category_code,
        {{ to_number('score') }} as score
    from codebook
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
