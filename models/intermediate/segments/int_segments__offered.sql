-- Which waves offered what puts somebody into a segment value: of a crossing, both categories.
with

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

offered_categories as (
    select * from {{ ref('int_codebook__offered_categories') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

final as (
    select
        waves.study_id,
        waves.wave_id,
        segment_values.segment_id,
        segment_values.segment_code
    from waves
    cross join segment_values
    left join offered_categories as first_offered
        on
            waves.study_id = first_offered.study_id
            and waves.wave_id = first_offered.wave_id
            and segment_values.first_variable_id = first_offered.variable_id
            and segment_values.first_category_code = first_offered.category_code
    left join offered_categories as second_offered
        on
            waves.study_id = second_offered.study_id
            and waves.wave_id = second_offered.wave_id
            and segment_values.second_variable_id = second_offered.variable_id
            and segment_values.second_category_code = second_offered.category_code
    where
        (segment_values.first_variable_id is null or first_offered.variable_id is not null)
        and (segment_values.second_variable_id is null or second_offered.variable_id is not null)
)

select * from final
