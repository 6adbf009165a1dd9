with

codebook as (
    select * from {{ ref('variables') }}
),

final as (
    select
        variable_id,
        variable_label,
        description,
        value_type,
        code_list_id,
        unit,
        {{ to_number('lower_bound') }} as lower_bound,
        {{ to_number('upper_bound') }} as upper_bound,
        {{ to_integer('decimals') }} as decimals
    from codebook
    where {{ is_not_left_out_variable('codebook.variable_id') }}
)

select * from final
