{% macro wide_answers(study_id, model) -%}
    {#- One row per respondent of a study, one column per variable; which ones stands in the model's generated YAML. -#}
    {%- set variables = columns_of_variables(model) -%}
with

respondents as (
    select *
    from {{ ref('fct_respondents') }}
    where study_id = {{ sql_text(study_id) }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

answers as (
    select *
    from {{ ref('fct_answers') }}
    where study_id = {{ sql_text(study_id) }}
),

answers_by_respondent as (
    select
        {%- for column in variables %}
        max(
            case when variable_id = {{ sql_text(column.variable_id) }} then
                {{- ' numeric_value' if column.data_type == 'float8' else ' category_label' }} end
        ) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        respondent_key
    from answers
    group by respondent_key
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
    left join answers_by_respondent
        on respondents.respondent_key = answers_by_respondent.respondent_key
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
