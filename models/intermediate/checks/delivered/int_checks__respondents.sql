/* Respondents, and their place and time in the design. */
with

roles as (
    select * from {{ ref('int_checks__design_values') }}
),

duplicates as (
    select
        {{ problem_columns(
            check_id='respondent_duplicate',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='respondent_column',
            source_code='respondent_id',
            n_rows='count(*)',
            problem="'More than one row has this respondent.'",
            remedy="'Remove the repeated rows, or declare all columns that tell respondents apart in seeds/codebook/design_columns.csv.'"
        ) | indent(8) }}
    from roles
    where
        respondent_id is not null
        and respondent_column is not null
    group by
        study_id,
        wave_id,
        respondent_column,
        respondent_id
    having count(*) > 1
),

{% for role, column, value in [
    ('respondent', 'respondent_column', 'respondent_id'),
    ('stratum', 'stratum_column', 'stratum_id'),
    ('psu', 'psu_column', 'psu_id')
] -%}
missing_{{ role }} as (
    select
        {{ problem_columns(
            check_id='design_value_missing',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name=column,
            n_rows='count(*)',
            problem="'Rows without a " ~ role ~ "; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Deliver the value: without it the row has no place in the design.'"
        ) | indent(8) }}
    from roles
    where
        {{ value }} is null
        and {{ column }} is not null
    group by
        study_id,
        wave_id,
        {{ column }}
),

{% endfor -%}

-- Calendar periods are made of the days from 1970 to 2070.
bad_dates as (
    select
        {{ problem_columns(
            check_id='interview_date',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='date_column',
            source_code='interview_date_text',
            n_rows='count(*)',
            problem="case when interview_date_text is null then 'The interview has no date' when interview_date is null then 'This is not a date such as 2001-12-31' when interview_date < fieldwork_start then 'The interview is dated before the fieldwork of the wave, which began on ' || cast(fieldwork_start as " ~ dbt.type_string() ~ ") when interview_date > fieldwork_end then 'The interview is dated after the fieldwork of the wave, which ended on ' || cast(fieldwork_end as " ~ dbt.type_string() ~ ") when interview_date > " ~ last_day() ~ " then 'The interview is dated in the future' else 'The interview is not dated in the years from 1970 to 2070' end || '; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Correct the date, or the fieldwork of the wave in seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from roles
    where
        date_column is not null
        and (
            interview_date is null
            or interview_date < fieldwork_start
            or interview_date > fieldwork_end
            or extract(year from interview_date) < 1970
            or interview_date > {{ last_day() }}
            or extract(year from interview_date) > 2070
        )
    group by
        study_id,
        wave_id,
        date_column,
        interview_date,
        interview_date_text,
        fieldwork_start,
        fieldwork_end
),

-- of ids that are unique, PSUs that two strata have would count as one each
shared_psus as (
    select
        {{ problem_columns(
            check_id='psu_not_in_one_stratum',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='psu_column',
            source_code='psu_id',
            n_rows='count(*)',
            problem="'PSU ' || psu_id || ' is in ' || cast(count(distinct stratum_id) as " ~ dbt.type_string() ~ ") || ' strata, among them ' || min(stratum_id) || ' and ' || max(stratum_id) || '.'",
            remedy="'Correct the stratum or the PSU. If each stratum numbers its own PSUs, set psu_numbering of the design to within_strata in seeds/codebook/designs.csv.'"
        ) | indent(8) }}
    from roles
    where
        psu_column is not null
        and stratum_column is not null
        and psu_id is not null
        and stratum_id is not null
        and variance_method = 'taylor'
        and psu_numbering = 'unique'
    group by
        study_id,
        wave_id,
        psu_column,
        psu_id
    having min(stratum_id) < max(stratum_id)
),

final as (
    {% for check in [
        'duplicates', 'missing_respondent', 'missing_stratum', 'missing_psu', 'bad_dates',
        'shared_psus'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
