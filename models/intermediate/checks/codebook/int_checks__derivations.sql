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

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

derived_variables as (
    select distinct
        variable_id,
        source_variable_id
    from derivations
),

derivation_sources as (
    select distinct
        {{ problem_columns(
            check_id='derivation_source',
            file=codebook_file('derivations'),
            column_name="'source_variable_id'",
            source_code='derived_variables.source_variable_id',
            problem="'Variable ' || derived_variables.variable_id || ' must be derived from one variable that was asked, and not be asked itself.'",
            remedy="'Derive from the asked variable; remove the question, or the derivation.'"
        ) | indent(8) }}
    from derived_variables
    left join derived_variables as other
        on
            derived_variables.variable_id = other.variable_id
            and derived_variables.source_variable_id <> other.source_variable_id
    left join derived_variables as derived_source
        on derived_variables.source_variable_id = derived_source.variable_id
    left join questions
        on derived_variables.variable_id = questions.variable_id
    where
        other.variable_id is not null
        or derived_source.variable_id is not null
        or questions.variable_id is not null
),

derivation_targets as (
    select
        {{ problem_columns(
            check_id='derivation_category',
            file=codebook_file('derivations'),
            column_name="'category_code'",
            source_code='derivations.category_code',
            problem="'The code list of derived variable ' || derivations.variable_id || ' does not have this category.'",
            remedy="'Correct the category, or add it to seeds/codebook/categories.csv.'"
        ) | indent(8) }}
    from derivations
    inner join variables
        on derivations.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and derivations.category_code = categories.category_code
    where categories.category_code is null
),

derivation_inputs as (
    select
        {{ problem_columns(
            check_id='derivation_category',
            file=codebook_file('derivations'),
            column_name="'source_category_code'",
            source_code='derivations.source_category_code',
            problem="'Source variable ' || derivations.source_variable_id || ' of ' || derivations.variable_id || ' does not have this category.'",
            remedy="'Correct source_category_code.'"
        ) | indent(8) }}
    from derivations
    inner join variables
        on derivations.source_variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and derivations.source_category_code = categories.category_code
    where
        derivations.source_category_code is not null
        and categories.category_code is null
),

final as (
    {% for check in [
        'derivation_sources', 'derivation_targets', 'derivation_inputs'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
