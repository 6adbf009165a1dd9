with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

variable_values as (
    select
        {{ problem_columns(
            check_id='variable_values',
            file=codebook_file('variables'),
            column_name="'value_type, code_list_id'",
            source_code='variable_id',
            problem="'A categorical variable needs a code list, and a numeric one must not have any.'",
            remedy="'Correct value_type or code_list_id of this variable.'"
        ) | indent(8) }}
    from variables
    where
        (value_type = 'categorical' and code_list_id is null)
        or (value_type = 'numeric' and code_list_id is not null)
),

misfit_decimals as (
    select
        {{ problem_columns(
            check_id='variable_decimals',
            file=codebook_file('variables'),
            column_name="'decimals'",
            source_code='variable_id',
            problem="'Only numeric variables have decimals, between 0 and 15.'",
            remedy="'Write a number from 0 to 15, or leave decimals empty.'"
        ) | indent(8) }}
    from variables
    where
        decimals is not null
        and (value_type = 'categorical' or decimals not between 0 and 15)
),

final as (
    {% for check in ['variable_values', 'misfit_decimals'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
