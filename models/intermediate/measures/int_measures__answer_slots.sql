/*
    Where the sums of an answer stand (macro slots): numbers first, then the categories of the code list in their
    order. A variable that is summed for several bases has its answers once for each.
*/
with

variables as (
    select * from {{ ref('int_measures__variables') }}
),

codebook_variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

answers as (
    select
        variables.variable_key,
        variables.variable_id,
        variables.base_id,
        variables.origin,
        variables.keeps_values,
        '_Z' as category_code,
        0 as category_order
    from variables
    inner join codebook_variables
        on variables.variable_id = codebook_variables.variable_id
    where codebook_variables.value_type = 'numeric'

    union all

    select
        variables.variable_key,
        variables.variable_id,
        variables.base_id,
        variables.origin,
        variables.keeps_values,
        categories.category_code,
        categories.category_order
    from variables
    inner join codebook_variables
        on variables.variable_id = codebook_variables.variable_id
    inner join categories
        on codebook_variables.code_list_id = categories.code_list_id
),

{%- set n_slots = slots() | length %}

placed as (
    select
        *,
        row_number() over (partition by variable_key order by category_order, category_code)
            as place,
        count(*) over (partition by variable_key) as n_answers
    from answers
),

final as (
    select
        -- keys
        variable_key,
        {{ answer_key('variable_id', 'category_code') }} as answer_key,

        -- what they stand for
        variable_id,
        base_id,
        category_code,

        -- where its sums stand
        cast(ceiling(place / {{ n_slots }}.0) as integer) as block_number,
        cast(place - {{ n_slots }} * (ceiling(place / {{ n_slots }}.0) - 1) as integer) as slot,
        n_answers <= {{ n_slots }} as is_in_one_block,

        -- how it is summed
        origin,
        keeps_values
    from placed
)

select * from final
