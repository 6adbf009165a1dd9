/*
    A measure is a linear score of the answers to its variable; categories that score 0 are not stored.
    1. A share scores 1 for its own category, a net 1 for each of its categories, and a score whatever the
       codebook says; a mean scores the number itself. Boxes and other kinds that follow from the code list have
       their scores from int_measures__generated_scores.
    2. The items of a net or score, and the variables of a question with several answers, stand where a share
       has its categories. `_Z` is SDMX for "not applicable".
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
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
    select * from {{ ref('stg_codebook__scores') }}
),

generated_scores as (
    select * from {{ ref('int_measures__generated_scores') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

of_categories as (
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
    where measures.measure_kind in ('share', 'total')
),

of_numbers as (
    select
        measures.measure_id,
        measures.measure_kind,
        measures.variable_id,
        '_Z' as category_code,
        'Not applicable' as category_label,
        1 as category_order,
        '_Z' as answer_code,
        cast(null as {{ type_number() }}) as score
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
    where
        measures.measure_kind in ('mean', 'ratio', 'quantile')
        or (measures.measure_kind = 'total' and variables.value_type = 'numeric')
),

of_items as (
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
        on measures.declared_measure_id = items.measure_id
    inner join item_scores
        on items.score_id = item_scores.score_id
    where measures.measure_kind in ('net', 'score')
),

of_mentions as (
    select
        measures.measure_id,
        measures.measure_kind,
        members.variable_id,
        members.variable_id as category_code,
        variables.variable_label as category_label,
        members.member_order as category_order,
        variable_groups.mention_category_code as answer_code,
        cast(1 as {{ type_number() }}) as score
    from measures
    inner join variable_groups
        on measures.variable_group_id = variable_groups.variable_group_id
    inner join members
        on variable_groups.variable_group_id = members.variable_group_id
    inner join variables
        on members.variable_id = variables.variable_id
    where measures.measure_kind in ('share_of_cases', 'share_of_responses')
),

final as (
    select * from of_categories
    union all
    select * from of_numbers
    union all
    select * from of_items
    union all
    select
        measure_id,
        measure_kind,
        variable_id,
        category_code,
        category_label,
        category_order,
        answer_code,
        score
    from generated_scores
    union all
    select * from of_mentions
)

select * from final
