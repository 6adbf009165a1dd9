/*
    Waves in their order.
    1. Dates are compared with the day on which dbt began, which is the same for every engine, and a day more:
       somewhere on earth it is tomorrow already.
    2. A wave is declared when it is delivered, so that its fieldwork has begun. Where it goes on, fieldwork_end
       and the wave's own date may lie ahead.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

shared_numbers as (
    select
        {{ problem_columns(
            check_id='wave_number',
            file=codebook_file('waves'),
            study_id='study_id',
            column_name="'wave_number'",
            source_code='wave_number',
            n_rows='count(*)',
            problem="'More than one wave of the study has this number, so their order is unknown.'",
            remedy="'Number the waves of a study in the order of their fieldwork.'"
        ) | indent(8) }}
    from waves
    where wave_number is not null
    group by
        study_id,
        wave_number
    having count(distinct wave_id) > 1
),

ordered as (
    select
        *,
        lag(wave_id) over (
            partition by study_id
            order by wave_number, wave_id
        ) as wave_before,
        lag(wave_date) over (
            partition by study_id
            order by wave_number, wave_id
        ) as date_before
    from waves
    where
        wave_number is not null
        and wave_date is not null
),

dated_before as (
    select
        {{ problem_columns(
            check_id='wave_order',
            file=codebook_file('waves'),
            study_id='study_id',
            wave_id='wave_id',
            column_name="'wave_number, wave_date'",
            source_code='wave_date',
            problem="'The wave is numbered after wave ' || wave_before || ', but dated before it (' || cast(date_before as " ~ dbt.type_string() ~ ") || ').'",
            remedy="'Correct the date, or number the waves in the order of their dates.'"
        ) | indent(8) }}
    from ordered
    where wave_date < date_before
),

on_one_date as (
    select
        {{ problem_columns(
            check_id='wave_date_shared',
            file=codebook_file('waves'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            column_name="'wave_date'",
            source_code='waves.wave_date',
            problem="'Wave ' || others.wave_id || ' of the study has the same date.'",
            remedy="'Correct one of the dates. If the two were fielded together, such as half-samples, write ' || others.wave_id || ' into shares_date_with.'"
        ) | indent(8) }}
    from waves
    inner join waves as others
        on
            waves.study_id = others.study_id
            and waves.wave_date = others.wave_date
            and waves.wave_number > others.wave_number
    left join waves as between_them
        on
            waves.study_id = between_them.study_id
            and waves.wave_date = between_them.wave_date
            and waves.wave_number > between_them.wave_number
            and others.wave_number < between_them.wave_number
    where
        between_them.wave_id is null
        and (waves.shares_date_with is null or waves.shares_date_with <> others.wave_id)
),

idle_sharing as (
    select
        {{ problem_columns(
            check_id='wave_date_shared',
            file=codebook_file('waves'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            column_name="'shares_date_with'",
            source_code='waves.shares_date_with',
            problem="'The wave named here must come before this wave and have the same date.'",
            remedy="'Leave the cell empty, or correct it.'"
        ) | indent(8) }}
    from waves
    inner join waves as others
        on
            waves.study_id = others.study_id
            and waves.shares_date_with = others.wave_id
    where
        waves.wave_date <> others.wave_date
        or waves.wave_number <= others.wave_number
),

reversed_fieldwork as (
    select
        {{ problem_columns(
            check_id='wave_fieldwork',
            file=codebook_file('waves'),
            study_id='study_id',
            wave_id='wave_id',
            column_name="'fieldwork_start, fieldwork_end'",
            source_code='fieldwork_end',
            problem="'Fieldwork ends before it begins (' || cast(fieldwork_start as " ~ dbt.type_string() ~ ") || ').'",
            remedy="'Exchange or correct the two dates.'"
        ) | indent(8) }}
    from waves
    where fieldwork_end < fieldwork_start
),

dates as (
    select
        study_id,
        wave_id,
        'fieldwork_start' as column_name,
        fieldwork_start as date_value,
        false as may_lie_ahead
    from waves

    union all

    select
        study_id,
        wave_id,
        'wave_date' as column_name,
        wave_date as date_value,
        coalesce(
            fieldwork_start <= {{ last_day() }}
            and wave_date between fieldwork_start and fieldwork_end,
            false
        ) as may_lie_ahead
    from waves

    union all

    select
        study_id,
        wave_id,
        'fieldwork_end' as column_name,
        fieldwork_end as date_value,
        coalesce(fieldwork_start <= {{ last_day() }}, false) as may_lie_ahead
    from waves
),

in_the_future as (
    select
        {{ problem_columns(
            check_id='wave_in_future',
            file=codebook_file('waves'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='column_name',
            source_code='date_value',
            problem="'The date lies in the future.'",
            remedy="'Correct the date. Declare a wave only when it is delivered. If its fieldwork still goes on, fill both fieldwork_start and fieldwork_end.'"
        ) | indent(8) }}
    from dates
    where
        date_value > {{ last_day() }}
        and not may_lie_ahead
),

final as (
    {% for check in [
        'shared_numbers', 'dated_before', 'on_one_date', 'idle_sharing', 'reversed_fieldwork',
        'in_the_future'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
