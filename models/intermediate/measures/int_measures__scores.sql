-- depends_on: {{ ref('int_checks__problems') }}
/*
    A measure is a linear score of the answers to its variable; categories that score 0 are not stored.
    1. A share scores 1 for its own category, a net 1 for each of its categories, and a score whatever the
       codebook says; a mean scores the number itself.
    2. The items of a net or score stand where a share has its categories. `_Z` is SDMX for "not applicable".
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

items as (
    select * from {{ ref('stg_codebook__measure_items') }}
),

item_scores as (
    select * from {{ ref('stg_codebook__measure_scores') }}
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

net_or_score as (
    select
        measures.measure_id,
        measures.measure_kind,
        measures.variable_id,
        items.item_code as category_code,
        items.item_label as category_label,
        items.item_order as category_order,
        item_scores.category_code as answer_code,
        item_scores.score
    from measures
    inner join items
        on measures.measure_id = items.measure_id
    inner join item_scores
        on
            items.measure_id = item_scores.measure_id
            and items.item_code = item_scores.item_code
),

final as (
    select * from share
    union all
    select * from mean
    union all
    select * from net_or_score
)

select * from final
