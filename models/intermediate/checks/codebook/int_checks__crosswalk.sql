with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

questions as (
    select * from {{ ref('stg_codebook__questions') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

crosswalk_targets as (
    select
        {{ problem_columns(
            check_id='crosswalk_target',
            file=codebook_file('crosswalk'),
            study_id='study_id',
            wave_id='valid_from_wave',
            column_name="'category_code, numeric_value, missing_kind'",
            source_code='source_code',
            problem="'Crosswalk ' || crosswalk_id || ' must map a code to exactly one of a category, a number or a kind of missing (and <number> to none of them).'",
            remedy="'Fill exactly one of the three cells; none for <number>.'"
        ) | indent(8) }}
    from crosswalk
    where
        case when category_code is null then 0 else 1 end
        + case when numeric_value is null then 0 else 1 end
        + case when missing_kind is null then 0 else 1 end
        <> case when source_code = {{ number_code() }} then 0 else 1 end
),

crosswalk_categories as (
    select distinct
        {{ problem_columns(
            check_id='crosswalk_category',
            file=codebook_file('crosswalk'),
            study_id='questions.study_id',
            wave_id='crosswalk.valid_from_wave',
            column_name="'category_code'",
            source_code='crosswalk.source_code',
            problem="'Crosswalk ' || crosswalk.crosswalk_id || ' gives category ' || " ~ quoted('crosswalk.category_code') ~ " || ', which the code list of variable ' || questions.variable_id || ' does not have.'",
            remedy="'Correct the category, or add it to seeds/codebook/categories.csv.'"
        ) | indent(8) }}
    from questions
    inner join crosswalk
        on
            questions.study_id = crosswalk.study_id
            and questions.crosswalk_id = crosswalk.crosswalk_id
    inner join variables
        on questions.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and crosswalk.category_code = categories.category_code
    where
        crosswalk.category_code is not null
        and categories.category_code is null
),

crosswalk_value_types as (
    select distinct
        {{ problem_columns(
            check_id='crosswalk_value_type',
            file=codebook_file('crosswalk'),
            study_id='questions.study_id',
            wave_id='crosswalk.valid_from_wave',
            column_name="'numeric_value'",
            source_code='crosswalk.source_code',
            problem="'Crosswalk ' || crosswalk.crosswalk_id || ' gives a number, but variable ' || questions.variable_id || ' is categorical.'",
            remedy="'Map the code to a category, or declare the variable as numeric.'"
        ) | indent(8) }}
    from questions
    inner join crosswalk
        on
            questions.study_id = crosswalk.study_id
            and questions.crosswalk_id = crosswalk.crosswalk_id
    inner join variables
        on questions.variable_id = variables.variable_id
    where
        variables.value_type = 'categorical'
        and (crosswalk.numeric_value is not null or crosswalk.source_code = {{ number_code() }})
),

final as (
    {% for check in [
        'crosswalk_targets', 'crosswalk_categories', 'crosswalk_value_types'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
