with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

answers as (
    select * from {{ ref('int_answers__coded') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

whole_sample as (
    select
        respondents.respondent_number,
        respondents.study_id,
        respondents.wave_id,
        segment_values.segment_value_key,
        segment_values.segment_id,
        segment_values.segment_code
    from respondents
    cross join segment_values
    where segment_values.segment_id = 'total'
),

single as (
    select
        answers.respondent_number,
        answers.study_id,
        answers.wave_id,
        segment_values.segment_value_key,
        segment_values.segment_id,
        segment_values.segment_code
    from answers
    inner join segment_values
        on
            answers.variable_id = segment_values.first_variable_id
            and answers.category_code = segment_values.first_category_code
    where segment_values.second_variable_id is null
),

crossed as (
    select
        first_answers.respondent_number,
        first_answers.study_id,
        first_answers.wave_id,
        segment_values.segment_value_key,
        segment_values.segment_id,
        segment_values.segment_code
    from segment_values
    inner join answers as first_answers
        on
            segment_values.first_variable_id = first_answers.variable_id
            and segment_values.first_category_code = first_answers.category_code
    inner join answers as second_answers
        on
            first_answers.respondent_number = second_answers.respondent_number
            and segment_values.second_variable_id = second_answers.variable_id
            and segment_values.second_category_code = second_answers.category_code
),

final as (
    select * from whole_sample
    union all
    select * from single
    union all
    select * from crossed
)

select * from final
