with

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

final as (
    select
        -- keys
        segment_values.segment_id,
        segment_values.segment_code,

        -- labels
        segments.segment_label,
        segment_values.segment_value_label,
        segment_values.segment_order,
        segments.description as segment_description,

        -- the variables and categories that make it
        segment_values.first_variable_id,
        segment_values.first_category_code,
        segment_values.second_variable_id,
        segment_values.second_category_code
    from segment_values
    inner join segments
        on segment_values.segment_id = segments.segment_id
)

select * from final
