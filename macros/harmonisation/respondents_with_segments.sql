{% macro respondents_with_segments(model) -%}
    {#-
        One row per respondent, one column per declared segment of one variable. Which those are stands in the
        model's generated YAML (meta.segment_id): a contract needs the names of its columns beforehand.
    -#}
    {%- set segment_columns = wavehouse.columns_of_segments(model) %}

with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

memberships as (
    select * from {{ ref('int_segments__memberships') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

segments_by_respondent as (
    select
        {% for column in segment_columns -%}
        max(
            case
                when memberships.segment_id = {{ wavehouse.sql_text(column.segment_id) }}
                    then segment_values.segment_value_label
            end
        ) as {{ column.name }},
        {% endfor -%}
        memberships.respondent_number
    from memberships
    inner join segment_values
        on
            memberships.segment_id = segment_values.segment_id
            and memberships.segment_code = segment_values.segment_code
    group by memberships.respondent_number
),

final as (
    select
        -- keys
        respondents.respondent_key,
        respondents.person_key,
        respondents.study_id,
        respondents.wave_id,

        -- design
        respondents.sample_id,
        respondents.stratum_id,
        {{ wavehouse.surrogate_key([
            'respondents.study_id', 'respondents.sample_id', 'respondents.stratum_id',
            'respondents.psu_id'
        ]) | indent(8) }} as psu_key,
        respondents.weight,
        respondents.psu_population,

        -- segments
        {% for column in segment_columns -%}
        segments_by_respondent.{{ column.name }},
        {% endfor -%}
        respondents.interview_date
    from respondents
    left join segments_by_respondent
        on respondents.respondent_number = segments_by_respondent.respondent_number
)

select * from final
{%- endmacro %}
