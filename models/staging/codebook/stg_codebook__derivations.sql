with

codebook as (
    select * from {{ ref('derivations') }}
),

final as (
    select
        variable_id,
        {{ to_integer('position') }} as position,
        source_variable_id,
        source_category_code,
        {{ to_number('lower_bound') }} as lower_bound,
        {{ to_number('upper_bound') }} as upper_bound,
        category_code
    from codebook
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
