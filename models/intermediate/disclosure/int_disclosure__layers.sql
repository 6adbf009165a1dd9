/*
    How the components of a block may change, and which figures a change shows in.
    1. A layer is two categories of which one gains what the other loses, so that the base stays as it is
       (`first_id`, `second_id`). In suppressed bases a category may also change alone, and numbers always can.
    2. It changes its categories, and the nets and scores that tell the two apart.
    3. Only blocks with something to protect have layers.
*/
with

figures as (
    select * from {{ ref('int_disclosure__figures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

scores as (
    select
        measure_id || ' ' || category_code as item_id,
        variable_id || ' ' || answer_code as component_id,
        sum(score) as score
    from {{ ref('int_measures__scores') }}
    where measure_kind in ('net', 'score')
    group by
        measure_id || ' ' || category_code,
        variable_id || ' ' || answer_code
),

target_blocks as (
    select distinct block_id
    from figures
    where is_confidential
),

block_figures as (
    select distinct
        figures.block_id,
        figures.figure_id,
        figures.is_item,
        figures.variable_id
    from figures
    inner join target_blocks
        on figures.block_id = target_blocks.block_id
),

-- those that are published, and for nets all categories of their variable
components as (
    select
        block_id,
        figure_id as component_id
    from block_figures
    where not is_item

    union distinct

    select
        block_figures.block_id,
        block_figures.variable_id || ' ' || categories.category_code as component_id
    from block_figures
    inner join variables
        on block_figures.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
    where block_figures.is_item
),

layers as (
    select
        former.block_id,
        former.component_id || ' / ' || latter.component_id as layer_id,
        former.component_id as first_id,
        latter.component_id as second_id
    from components as former
    inner join components as latter
        on
            former.block_id = latter.block_id
            and former.component_id < latter.component_id

    union all

    select
        block_id,
        component_id as layer_id,
        component_id as first_id,
        cast(null as {{ dbt.type_string() }}) as second_id
    from components
),

items as (
    select distinct
        block_id,
        figure_id
    from block_figures
    where is_item
),

final as (
    select
        layers.block_id,
        layers.layer_id,
        components.component_id as figure_id,
        layers.first_id,
        layers.second_id
    from layers
    inner join components
        on
            layers.block_id = components.block_id
            and components.component_id in (layers.first_id, layers.second_id)

    union distinct

    select
        layers.block_id,
        layers.layer_id,
        items.figure_id,
        layers.first_id,
        layers.second_id
    from layers
    inner join items
        on layers.block_id = items.block_id
    left join scores as first_scores
        on
            items.figure_id = first_scores.item_id
            and layers.first_id = first_scores.component_id
    left join scores as second_scores
        on
            items.figure_id = second_scores.item_id
            and layers.second_id = second_scores.component_id
    where coalesce(first_scores.score, 0) <> coalesce(second_scores.score, 0)
)

select * from final
