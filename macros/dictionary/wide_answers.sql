{% macro wide_answers(study_id, model) -%}
    {#- One row per respondent of a study, one column per variable; which ones stands in the model's generated YAML. -#}
    {%- set variables = wavehouse.columns_of_variables(model) -%}
with

respondents as (
    select *
    from {{ ref('fct_respondents') }}
    where study_id = {{ wavehouse.sql_text(study_id) }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

respondent_numbers as (
    select * from {{ ref('int_delivered__respondents') }}
),

answers as (
    select *
    from {{ ref('int_answers__coded') }}
    where study_id = {{ wavehouse.sql_text(study_id) }}
),

categories as (
    select
        {{ wavehouse.answer_key('variable_id', 'category_code') }} as answer_key,
        category_label
    from {{ ref('dim_category') }}
),

answers_by_respondent as (
    select
        {%- for column in variables %}
        max(
            case when answers.variable_id = {{ wavehouse.sql_text(column.variable_id) }} then
                {{- ' answers.numeric_value' if column.data_type == 'float8' else ' categories.category_label' }} end
        ) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        answers.respondent_number
    from answers
    left join categories
        on answers.answer_key = categories.answer_key
    group by answers.respondent_number
),

final as (
    select
        -- keys
        respondents.respondent_key,
        respondents.person_key,
        respondents.study_id,
        respondents.wave_id,
        waves.wave_label,
        waves.wave_date,

        -- design
        respondents.sample_id,
        respondents.stratum_id,
        respondents.psu_key,
        respondents.weight,
        respondents.psu_population,
        respondents.interview_date
        {%- for column in variables %},
        answers_by_respondent.{{ adapter.quote(column.name) }}
        {%- endfor %}
    from respondents
    inner join waves
        on
            respondents.study_id = waves.study_id
            and respondents.wave_id = waves.wave_id
    inner join respondent_numbers
        on respondents.respondent_key = respondent_numbers.respondent_key
    left join answers_by_respondent
        on respondent_numbers.respondent_number = answers_by_respondent.respondent_number
)

select * from final
{%- endmacro %}


{% macro columns_of_variables(model) -%}
    {%- set found = [] -%}
    {%- for column in model.columns.values() -%}
        {%- set variable_id = column.config.get('meta', column.meta).get('variable_id') -%}
        {%- if variable_id -%}
            {%- do found.append({
                'name': column.name, 'variable_id': variable_id, 'data_type': column.data_type
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
