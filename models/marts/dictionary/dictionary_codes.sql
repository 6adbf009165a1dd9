with

codes as (
    select * from {{ ref('int_dictionary__codes') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

categories as (
    select * from {{ ref('dim_category') }}
),

final as (
    select
        -- keys
        codes.study_id,
        codes.wave_id,
        codes.variable_id,
        codes.source_code,

        -- labels
        waves.wave_label,
        variables.variable_label,

        -- as delivered
        codes.source_column,
        codes.source_code_label,
        codes.is_delivered,

        -- as harmonised
        codes.category_code,
        categories.category_label,
        categories.category_order,
        codes.numeric_value,
        codes.missing_kind,
        codes.mapping_method,
        codes.note
    from codes
    inner join waves
        on
            codes.study_id = waves.study_id
            and codes.wave_id = waves.wave_id
    inner join variables
        on codes.variable_id = variables.variable_id
    left join categories
        on
            codes.variable_id = categories.variable_id
            and codes.category_code = categories.category_code
)

select * from final
