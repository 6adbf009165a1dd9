-- Each respondent with the columns that the parts of the design came in.
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
        {{ joined_in_order(
            'design_columns.source_column', "', '", 'design_columns.position'
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

final as (
    select
        respondents.study_id,
        respondents.wave_id,
        respondents.design_id,
        respondents.row_number,
        respondents.respondent_id,
        respondents.stratum_id,
        respondents.psu_id,
        respondents.psu_population,
        respondents.psu_population_text,
        respondents.interview_date,
        respondents.interview_date_text,
        waves.fieldwork_start,
        waves.fieldwork_end,
        designs.applies_fpc,
        designs.variance_method,
        designs.psu_numbering,
        respondent_column.source_columns as respondent_column,
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
        ('respondent', 'respondent_column'), ('stratum', 'stratum_column'), ('psu', 'psu_column'),
        ('psu_population', 'population_column'), ('interview_date', 'date_column')
    ] -%}
    left join role_columns as {{ alias }}
        on
            respondents.study_id = {{ alias }}.study_id
            and respondents.wave_id = {{ alias }}.wave_id
            and {{ alias }}.design_role = '{{ role }}'
    {% endfor %}
)

select * from final
