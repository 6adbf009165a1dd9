{{ config(indexes=indexes_for_readers(['variable_id', 'wave_id'])) }}

with

answers as (
    select * from {{ ref('int_answers__coded') }}
),

categories as (
    select
        {{ answer_key('variable_id', 'category_code') }} as answer_key,
        category_label
    from {{ ref('dim_category') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

final as (
    select
        -- keys
        respondents.respondent_key,
        answers.variable_id,
        answers.study_id,
        answers.wave_id,

        -- the answer: one of category, number and kind of missing is filled
        answers.category_code,
        categories.category_label,
        answers.numeric_value,
        answers.missing_kind,

        -- as delivered
        answers.source_column,
        answers.source_code
    from answers
    inner join respondents
        on answers.respondent_number = respondents.respondent_number
    left join categories
        on answers.answer_key = categories.answer_key
)

select * from final
{{ order_for_readers(['study_id', 'wave_id', 'variable_id', 'respondent_key']) }}
