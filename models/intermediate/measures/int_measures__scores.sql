-- depends_on: {{ ref('int_checks__problems') }}
/*
    A measure is a linear score of the answers to its variable. A share scores 1 for its own category and
    0 for the others (not stored); a mean scores the number itself. `_Z` is SDMX for "not applicable".
*/
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

share as (
    select
        measures.measure_id,
        measures.measure_kind,
        measures.variable_id,
        categories.category_code,
        categories.category_label,
        categories.category_order,
        categories.category_code as answer_code,
        cast(1 as {{ type_number() }}) as score
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
    where measures.measure_kind = 'share'
),

mean as (
    select
        measure_id,
        measure_kind,
        variable_id,
        '_Z' as category_code,
        'Not applicable' as category_label,
        1 as category_order,
        '_Z' as answer_code,
        cast(null as {{ type_number() }}) as score
    from measures
    where measure_kind = 'mean'
),

final as (
    select * from share
    union all
    select * from mean
)

select * from final
