{#-
    Tables of a question to the engine: what stands where a declared estimate has the codebook's segments and periods.
    They are made of the small tables that a question is written as (models/intermediate/program/int_program__steps.yml).
-#}
{% macro asked_tables() -%}
    {{ return({
        'stg_codebook__segment_variables': wavehouse.asked_segment_variables(),
        'stg_codebook__calendar_grains': wavehouse.asked_calendar_grains(),
        'int_segments__values': wavehouse.asked_segment_values(),
        'int_segments__offered': wavehouse.asked_segments_offered(),
        'int_segments__memberships': wavehouse.asked_memberships(),
        'int_comparisons__period_waves': wavehouse.asked_period_waves(),
        'int_disclosure__secondary': wavehouse.asked_secondary(),
    }) }}
{%- endmacro %}


{#- The variables of a crossing, and those of its filter: both say of whom an estimate is. -#}
{% macro asked_segment_variables() -%}
select distinct
    asked_question.segment_id,
    cast(1 as integer) as position,
    said.variable_id
from asked_question
cross join (
    select variable_id from asked_by
    union distinct
    select variable_id from asked_filter
) as said
{%- endmacro %}


{#- The grain that is asked for, of each study. -#}
{% macro asked_calendar_grains() -%}
select distinct
    asked_waves.study_id,
    asked_question.period_grain
from asked_question
cross join asked_waves
where asked_question.period_grain not in ('wave', 'pooled')
{%- endmacro %}


{#- The values of the crossing: the categories of its first variable, of these those of the second, and so on. -#}
{% macro asked_segment_values() -%}
with recursive

categories as (
    select
        asked_by.place,
        categories.category_code,
        categories.category_label,
        categories.category_order
    from asked_by
    inner join {{ ref('stg_codebook__variables') }} as variables
        on asked_by.variable_id = variables.variable_id
    inner join {{ ref('stg_codebook__categories') }} as categories
        on variables.code_list_id = categories.code_list_id
),

crossed as (
    select
        cast(0 as integer) as position,
        cast('total' as {{ dbt.type_string() }}) as segment_code,
        cast(segment_label as {{ dbt.type_string() }}) as segment_value_label,
        cast(0 as bigint) as segment_order
    from asked_question

    union all

    select
        cast(crossed.position + 1 as integer) as position,
        cast(
            case when crossed.position = 0 then '' else crossed.segment_code || '|' end
            || categories.category_code as {{ dbt.type_string() }}
        ) as segment_code,
        cast(
            case when crossed.position = 0 then '' else crossed.segment_value_label || ' × ' end
            || categories.category_label as {{ dbt.type_string() }}
        ) as segment_value_label,
        cast(1000 * crossed.segment_order + categories.category_order as bigint) as segment_order
    from crossed
    inner join categories
        on crossed.position + 1 = categories.place
)

select
    {{ wavehouse.integer_key(['asked_question.segment_id', 'crossed.segment_code']) }}
        as segment_value_key,
    asked_question.segment_id,
    crossed.segment_code,
    asked_question.segment_label,
    crossed.segment_value_label,
    crossed.segment_order
from crossed
cross join asked_question
where crossed.position = (select count(*) from asked_by)
{%- endmacro %}


{#- The waves that offered what puts somebody into a value, and all that the filter names. -#}
{% macro asked_segments_offered() -%}
with recursive

offered as (
    select
        study_id,
        wave_id,
        variable_id,
        category_code
    from {{ ref('int_codebook__offered_categories') }}
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

not_offered as (
    select distinct
        asked_waves.study_id,
        asked_waves.wave_id
    from asked_waves
    cross join asked_filter
    left join offered
        on
            asked_waves.study_id = offered.study_id
            and asked_waves.wave_id = offered.wave_id
            and asked_filter.variable_id = offered.variable_id
            and asked_filter.category_code = offered.category_code
    left join questions
        on
            asked_waves.study_id = questions.study_id
            and asked_waves.wave_id = questions.wave_id
            and asked_filter.variable_id = questions.variable_id
    where
        questions.variable_id is null
        or (asked_filter.category_code is not null and offered.category_code is null)
),

crossed as (
    select
        asked_waves.study_id,
        asked_waves.wave_id,
        cast(0 as integer) as position,
        cast('total' as {{ dbt.type_string() }}) as segment_code
    from asked_waves
    left join not_offered
        on
            asked_waves.study_id = not_offered.study_id
            and asked_waves.wave_id = not_offered.wave_id
    where not_offered.wave_id is null

    union all

    select
        crossed.study_id,
        crossed.wave_id,
        cast(crossed.position + 1 as integer) as position,
        cast(
            case when crossed.position = 0 then '' else crossed.segment_code || '|' end
            || offered.category_code as {{ dbt.type_string() }}
        ) as segment_code
    from crossed
    inner join asked_by
        on crossed.position + 1 = asked_by.place
    inner join offered
        on
            crossed.study_id = offered.study_id
            and crossed.wave_id = offered.wave_id
            and asked_by.variable_id = offered.variable_id
)

select
    crossed.study_id,
    crossed.wave_id,
    asked_question.segment_id,
    crossed.segment_code
from crossed
cross join asked_question
where crossed.position = (select count(*) from asked_by)
{%- endmacro %}


{% macro asked_memberships() -%}
select
    asked_members.respondent_number,
    asked_members.study_id,
    asked_members.wave_id,
    segment_values.segment_value_key,
    segment_values.segment_id,
    segment_values.segment_code
from asked_members
inner join int_segments__values as segment_values
    on asked_members.segment_code = segment_values.segment_code
{%- endmacro %}


{#- Each wave by itself, all waves of a study together, or calendar periods. -#}
{% macro asked_period_waves() -%}
with

single as (
    select
        asked_waves.study_id,
        asked_waves.wave_id,
        asked_waves.wave_key,
        cast('wave' as {{ dbt.type_string() }}) as period_grain,
        asked_waves.wave_date as period_start,
        cast(null as date) as period_end,
        asked_waves.wave_id as period_wave_id
    from asked_waves
    cross join asked_question
    where asked_question.period_grain = 'wave'
),

pools as (
    select
        study_id,
        max(wave_number) as last_wave_number,
        count(*) as n_waves
    from asked_waves
    group by study_id
),

pooled as (
    select
        asked_waves.study_id,
        asked_waves.wave_id,
        asked_waves.wave_key,
        'pooled_' || cast(pools.n_waves as {{ dbt.type_string() }}) as period_grain,
        last_waves.wave_date as period_start,
        cast(null as date) as period_end,
        last_waves.wave_id as period_wave_id
    from asked_waves
    cross join asked_question
    inner join pools
        on asked_waves.study_id = pools.study_id
    inner join asked_waves as last_waves
        on
            pools.study_id = last_waves.study_id
            and pools.last_wave_number = last_waves.wave_number
    where asked_question.period_grain = 'pooled'
),

interviews as (
    select
        study_id,
        wave_id,
        min(interview_date) as first_date,
        max(interview_date) as last_date
    from int_delivered__respondents
    group by
        study_id,
        wave_id
),

calendar as (
    select
        asked_waves.study_id,
        asked_waves.wave_id,
        asked_waves.wave_key,
        calendar_periods.period_grain,
        calendar_periods.period_start,
        calendar_periods.period_end,
        cast('_Z' as {{ dbt.type_string() }}) as period_wave_id
    from int_comparisons__calendar_periods as calendar_periods
    inner join interviews
        on
            calendar_periods.study_id = interviews.study_id
            and calendar_periods.period_start <= interviews.last_date
            and calendar_periods.period_end >= interviews.first_date
    inner join asked_waves
        on
            interviews.study_id = asked_waves.study_id
            and interviews.wave_id = asked_waves.wave_id
),

united as (
    select * from single
    union all
    select * from pooled
    union all
    select * from calendar
)

select
    {{ wavehouse.integer_key(['study_id', 'period_wave_id', 'period_grain', 'period_start']) }}
        as period_key,
    wave_key,
    study_id,
    wave_id,
    period_grain,
    period_start,
    period_end,
    period_wave_id
from united
{%- endmacro %}


{#- Nothing: studies with a rule of confidentiality are not asked. -#}
{% macro asked_secondary() -%}
select
    study_id,
    wave_id,
    cast(null as {{ dbt.type_string() }}) as period_grain,
    cast(null as date) as period_start,
    cast(null as {{ dbt.type_string() }}) as measure_id,
    cast(null as {{ dbt.type_string() }}) as category_code,
    cast(null as {{ dbt.type_string() }}) as segment_id,
    cast(null as {{ dbt.type_string() }}) as segment_code
from asked_waves
where 1 = 0
{%- endmacro %}
