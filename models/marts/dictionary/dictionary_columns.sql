with

columns_of_marts as (
    select * from {{ ref('int_dictionary__columns') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

final as (
    select
        -- keys
        columns_of_marts.table_name,
        columns_of_marts.column_name,

        columns_of_marts.column_position,
        columns_of_marts.data_type,
        columns_of_marts.column_description,
        columns_of_marts.is_key,

        -- the variable that the column shows, where it shows a single one
        columns_of_marts.variable_id,
        variables.variable_label,
        variables.unit,

        -- tests
        columns_of_marts.guarded_by
    from columns_of_marts
    left join variables
        on columns_of_marts.variable_id = variables.variable_id
)

select * from final
