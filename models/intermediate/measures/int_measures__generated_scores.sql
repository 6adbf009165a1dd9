/*
    Scores of the kinds of measures that follow from the code list alone: boxes, the net promoter score, means of
    codes and of steps. Each is one item, named after the kind.
    1. Steps count from the bottom of the scale, which end is the top being said by the code list; categories off the
       scale have no step and no score.
    2. Categories that score 0, such as 7 and 8 for the net promoter score, have no row.
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
    where {{ is_generated_kind('declared_kind') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

code_lists as (
    select * from {{ ref('stg_codebook__code_lists') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

stepped as (
    select
        measures.measure_id,
        measures.measure_kind,
        measures.declared_kind,
        measures.variable_id,
        {{ n_boxes('measures.declared_kind') }} as n_boxes,
        categories.category_code,
        categories.category_label,
        {{ to_number('categories.category_code') }} as code_number,
        row_number() over (
            partition by measures.measure_id
            order by case
                when code_lists.top_end = 'first' then -categories.category_order
                else categories.category_order
            end,
            categories.category_code
        ) as step,
        count(*) over (partition by measures.measure_id) as n_steps
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
    inner join code_lists
        on variables.code_list_id = code_lists.code_list_id
    inner join categories
        on code_lists.code_list_id = categories.code_list_id
    where not categories.is_off_scale
),

scored as (
    select
        *,
        cast(
            case
                when declared_kind like 'top%' then case when step > n_steps - n_boxes then 1 end
                when declared_kind like 'bottom%' then case when step <= n_boxes then 1 end
                when declared_kind = 'mean_code' then code_number
                when declared_kind = 'mean_step' then step
                when code_number >= 9 then 1
                when code_number <= 6 then -1
                else 0
            end as {{ type_number() }}
        ) as score
    from stepped
),

-- a mean is labelled by the ends of its scale, boxes by what is in them
labelled as (
    select
        measure_id,
        {{ joined_in_order('category_label', "', '", 'step desc') }} as category_labels,
        max(case when lowest = 1 then category_label end) as lowest_label,
        max(case when highest = 1 then category_label end) as highest_label
    from (
        select
            *,
            row_number() over (partition by measure_id order by score, step) as lowest,
            row_number() over (partition by measure_id order by score desc, step asc) as highest
        from scored
        where score is not null
    ) as ranked
    group by measure_id
),

final as (
    select
        -- keys
        scored.measure_id,
        scored.declared_kind as category_code,
        scored.category_code as answer_code,

        -- what it is
        scored.measure_kind,
        scored.variable_id,
        case
            when scored.n_boxes is not null then labelled.category_labels
            when scored.declared_kind = 'nps' then 'Promoters (9, 10) less detractors (0 to 6)'
            else 'Mean, from ' || labelled.lowest_label || ' to ' || labelled.highest_label
        end as category_label,
        1 as category_order,

        -- score
        scored.score
    from scored
    inner join labelled
        on scored.measure_id = labelled.measure_id
    where scored.score <> 0
)

select * from final
