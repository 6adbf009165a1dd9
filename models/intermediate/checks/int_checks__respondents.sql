/* Respondents, weights and design as delivered. */
with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

delivered_columns as (
    select distinct
        study_id,
        wave_id,
        source_column
    from {{ ref('int_delivered__codes') }}
),

-- A column that was not delivered at all is its own problem, listed elsewhere, and not one of each row.
role_columns as (
    select
        waves.study_id,
        waves.wave_id,
        design_columns.design_role,
        {{ dbt.listagg(
            'design_columns.source_column', "', '", 'order by design_columns.position'
        ) }} as source_columns
    from waves
    inner join design_columns
        on waves.design_id = design_columns.design_id
    left join delivered_columns
        on
            waves.study_id = delivered_columns.study_id
            and waves.wave_id = delivered_columns.wave_id
            and design_columns.source_column = delivered_columns.source_column
    group by
        waves.study_id,
        waves.wave_id,
        design_columns.design_role
    having count(delivered_columns.source_column) = count(*)
),

roles as (
    select
        respondents.study_id,
        respondents.wave_id,
        respondents.design_id,
        respondents.row_number,
        respondents.respondent_id,
        respondents.stratum_id,
        respondents.psu_id,
        respondents.weight,
        respondents.weight_text,
        respondents.psu_population,
        respondents.psu_population_text,
        respondents.interview_date,
        respondents.interview_date_text,
        waves.fieldwork_start,
        waves.fieldwork_end,
        designs.applies_fpc,
        designs.allows_zero_weights,
        designs.variance_method,
        designs.psu_numbering,
        respondent_column.source_columns as respondent_column,
        weight_column.source_columns as weight_column,
        stratum_column.source_columns as stratum_column,
        psu_column.source_columns as psu_column,
        population_column.source_columns as population_column,
        date_column.source_columns as date_column
    from respondents
    inner join designs
        on respondents.design_id = designs.design_id
    inner join waves
        on
            respondents.study_id = waves.study_id
            and respondents.wave_id = waves.wave_id
    {% for role, alias in [
        ('respondent', 'respondent_column'), ('weight', 'weight_column'),
        ('stratum', 'stratum_column'), ('psu', 'psu_column'),
        ('psu_population', 'population_column'), ('interview_date', 'date_column')
    ] -%}
    left join role_columns as {{ alias }}
        on
            respondents.study_id = {{ alias }}.study_id
            and respondents.wave_id = {{ alias }}.wave_id
            and {{ alias }}.design_role = '{{ role }}'
    {% endfor %}
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
    ('psu', 'psu_column', 'psu_id'),
    ('weight', 'weight_column', 'weight_text')
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

bad_weights as (
    select
        {{ problem_columns(
            check_id='weight_invalid',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='weight_column',
            source_code='weight_text',
            n_rows='count(*)',
            problem="case when max(weight) is null then 'The weight is not a number' when max(weight) < 0 then 'The weight is negative' else 'The weight is zero' end || '; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Correct the weight. If zero means outside the weighted sample, set allows_zero_weights of the design in seeds/codebook/designs.csv.'"
        ) | indent(8) }}
    from roles
    where
        weight_text is not null
        and (
            weight is null
            or weight < 0
            or (weight = 0 and not allows_zero_weights)
        )
    group by
        study_id,
        wave_id,
        weight_column,
        weight_text
),

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
            problem="case when interview_date_text is null then 'The interview has no date' when interview_date is null then 'This is not a date as 2001-12-31' when interview_date < fieldwork_start then 'The interview is dated before the fieldwork of the wave, which began on ' || cast(fieldwork_start as " ~ dbt.type_string() ~ ") when interview_date > fieldwork_end then 'The interview is dated after the fieldwork of the wave, which ended on ' || cast(fieldwork_end as " ~ dbt.type_string() ~ ") when interview_date > " ~ last_day() ~ " then 'The interview is dated in the future' else 'The interview is not dated in the years from 1970 to 2070' end || '; the first is row ' || cast(min(row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
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

bad_replicates as (
    select
        {{ problem_columns(
            check_id='replicate_weight',
            file=wave_file('delivered.study_id', 'delivered.wave_id'),
            study_id='delivered.study_id',
            wave_id='delivered.wave_id',
            column_name='delivered.source_column',
            source_code='delivered.source_code',
            n_rows='count(*)',
            problem="'The replicate weight is ' || case when delivered.source_code is null then 'missing' else 'not a number' end || '; the first is row ' || cast(min(delivered.row_number) as " ~ dbt.type_string() ~ ") || ' of the file.'",
            remedy="'Deliver the weight: every respondent has one in each replicate, if only 0.'"
        ) | indent(8) }}
    from delivered
    inner join waves
        on
            delivered.study_id = waves.study_id
            and delivered.wave_id = waves.wave_id
    inner join design_columns
        on
            waves.design_id = design_columns.design_id
            and delivered.source_column = design_columns.source_column
    where
        design_columns.design_role = 'replicate_weight'
        and {{ to_number('delivered.source_code') }} is null
    group by
        delivered.study_id,
        delivered.wave_id,
        delivered.source_column,
        delivered.source_code
),

bad_populations as (
    select
        {{ problem_columns(
            check_id='psu_population_invalid',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='population_column',
            source_code='stratum_id',
            n_rows='count(*)',
            problem="'Stratum ' || stratum_id || ' needs one number of PSUs in the population, the same in all of its rows and not smaller than the ' || cast(count(distinct psu_id) as " ~ dbt.type_string() ~ ") || ' PSUs of the sample.'",
            remedy="'Correct the column, or set applies_fpc of the design to false in seeds/codebook/designs.csv.'"
        ) | indent(8) }}
    from roles
    where
        applies_fpc
        and population_column is not null
        and stratum_id is not null
    group by
        study_id,
        wave_id,
        population_column,
        stratum_id
    having
        count(psu_population) < count(*)
        or min(psu_population) < max(psu_population)
        or max(psu_population) < count(distinct psu_id)
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
            remedy="'Correct the stratum or the PSU. If PSUs are numbered afresh in each stratum, set psu_numbering of the design to within_strata in seeds/codebook/designs.csv.'"
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
        'duplicates', 'missing_respondent', 'missing_stratum', 'missing_psu', 'missing_weight',
        'bad_weights', 'bad_dates', 'bad_replicates', 'bad_populations', 'shared_psus'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
