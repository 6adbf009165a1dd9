with

variables as (
    select * from {{ ref('int_dictionary__variables') }}
),

final as (
    select
        -- key
        variable_id,

        -- labels
        variable_label,
        variable_description,

        -- values
        value_type,
        code_list_id,
        code_list_label,
        unit,
        lower_bound,
        upper_bound,
        decimals,

        -- origin
        is_derived,
        derived_from_variable_id,
        sum_of_group_id
    from variables
)

select * from final
