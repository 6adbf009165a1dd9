with

variables as (
    select * from {{ ref('dictionary_variables') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

questions as (
    select * from {{ ref('dim_question') }}
),

quality as (
    select * from {{ ref('fct_question_quality') }}
),

final as (
    select
        -- keys
        variables.study_id,
        waves.wave_id,
        variables.variable_id,

        -- labels
        waves.wave_label,
        variables.variable_label,

        -- coverage
        quality.variable_id is not null as is_asked,
        questions.universe,
        quality.n_respondents,
        quality.n_valid,
        {% for kind in missing_kinds() -%}
        quality.n_{{ kind }},
        {% endfor -%}
        quality.item_nonresponse_rate
    from variables
    inner join waves
        on variables.study_id = waves.study_id
    left join questions
        on
            waves.study_id = questions.study_id
            and waves.wave_id = questions.wave_id
            and variables.variable_id = questions.variable_id
    left join quality
        on
            waves.study_id = quality.study_id
            and waves.wave_id = quality.wave_id
            and variables.variable_id = quality.variable_id
)

select * from final
