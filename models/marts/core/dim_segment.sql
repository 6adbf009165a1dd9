with

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

final as (
    select
        -- keys
        segment_id,
        segment_code,

        -- labels
        segment_label,
        segment_value_label,
        segment_order,
        segment_description,

        -- the variables and categories that make it
        first_variable_id,
        first_category_code,
        second_variable_id,
        second_category_code
    from segment_values
)

select * from final
