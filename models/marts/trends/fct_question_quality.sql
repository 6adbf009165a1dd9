with

question_quality as (
    select * from {{ ref('int_answers__question_quality') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

final as (
    select
        -- keys
        question_quality.study_id,
        question_quality.wave_id,
        question_quality.variable_id,
        variables.variable_label,
        question_quality.source_column,
        question_quality.is_derived,

        -- everybody, and those who gave a valid answer
        question_quality.n_respondents,
        question_quality.n_valid,

        -- kinds of missing
        {%- for kind in missing_kinds() %}
        question_quality.n_{{ kind }},
        {%- endfor %}

        -- item non-response
        question_quality.n_asked,
        question_quality.n_item_nonresponse,
        cast(question_quality.n_item_nonresponse as {{ type_number() }})
        / nullif(question_quality.n_asked, 0) as item_nonresponse_rate
    from question_quality
    inner join variables
        on question_quality.variable_id = variables.variable_id
)

select * from final
