-- depends_on: {{ ref('int_checks__problems') }}
with

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

variable_categories as (
    select
        segment_variables.segment_id,
        segment_variables.position,
        segment_variables.variable_id,
        categories.category_code,
        categories.category_label,
        categories.category_order
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
),

whole_sample as (
    select
        segment_id,
        'total' as segment_code,
        segment_label as segment_value_label,
        1 as segment_order,
        cast(null as {{ dbt.type_string() }}) as first_variable_id,
        cast(null as {{ dbt.type_string() }}) as first_category_code,
        cast(null as {{ dbt.type_string() }}) as second_variable_id,
        cast(null as {{ dbt.type_string() }}) as second_category_code
    from segments
    where segment_id = 'total'
),

single_or_crossed as (
    select
        first_variable.segment_id,
        case
            when second_variable.category_code is null then first_variable.category_code
            else first_variable.category_code || '|' || second_variable.category_code
        end as segment_code,
        case
            when second_variable.category_code is null then first_variable.category_label
            else first_variable.category_label || ' × ' || second_variable.category_label
        end as segment_value_label,
        1000 * first_variable.category_order + coalesce(second_variable.category_order, 0)
            as segment_order,
        first_variable.variable_id as first_variable_id,
        first_variable.category_code as first_category_code,
        second_variable.variable_id as second_variable_id,
        second_variable.category_code as second_category_code
    from variable_categories as first_variable
    left join variable_categories as second_variable
        on
            first_variable.segment_id = second_variable.segment_id
            and second_variable.position = 2
    where first_variable.position = 1
),

united as (
    select * from whole_sample
    union all
    select * from single_or_crossed
),

final as (
    select
        -- keys
        {{ integer_key(['united.segment_id', 'united.segment_code']) }} as segment_value_key,
        united.segment_id,
        united.segment_code,

        -- labels
        segments.segment_label,
        segments.description as segment_description,
        united.segment_value_label,
        united.segment_order,

        -- the variables and categories that make it
        united.first_variable_id,
        united.first_category_code,
        united.second_variable_id,
        united.second_category_code
    from united
    inner join segments
        on united.segment_id = segments.segment_id
)

select * from final
