/* Items, scores and bases of measures. */
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

measure_bases as (
    select * from {{ ref('stg_codebook__measure_bases') }}
),

measure_items as (
    select * from {{ ref('stg_codebook__measure_items') }}
),

measure_scores as (
    select * from {{ ref('stg_codebook__measure_scores') }}
),

item_counts as (
    select
        measures.measure_id,
        measures.measure_kind,
        count(distinct measure_items.item_code) as n_items,
        count(distinct measure_scores.item_code) as n_scored_items
    from measures
    left join measure_items
        on measures.measure_id = measure_items.measure_id
    left join measure_scores
        on
            measure_items.measure_id = measure_scores.measure_id
            and measure_items.item_code = measure_scores.item_code
    group by
        measures.measure_id,
        measures.measure_kind
),

measure_item_counts as (
    select
        {{ problem_columns(
            check_id='measure_items',
            file=codebook_file('measure_items'),
            column_name="'measure_id'",
            source_code='measure_id',
            n_rows='n_items',
            problem="'A net or a score needs items, and each of them at least one score; a ' || measure_kind || ' takes ' || case when measure_kind in ('share', 'mean') then 'none.' else 'them from here.' end",
            remedy="'Add the item here and its scores in seeds/codebook/measure_scores.csv, or remove them.'"
        ) | indent(8) }}
    from item_counts
    where
        (measure_kind in ('net', 'score') and (n_items = 0 or n_scored_items < n_items))
        or (measure_kind in ('share', 'mean') and n_items > 0)
),

measure_score_values as (
    select
        {{ problem_columns(
            check_id='measure_scores',
            file=codebook_file('measure_scores'),
            column_name="'category_code, score'",
            source_code='measure_scores.category_code',
            problem="'Measure ' || measure_scores.measure_id || case when categories.category_code is null then ' scores a category that its variable does not have.' else ' is a net, whose scores are all 1.' end",
            remedy="'Correct the category or the score, or make the measure a score.'"
        ) | indent(8) }}
    from measure_scores
    inner join measures
        on measure_scores.measure_id = measures.measure_id
    inner join variables
        on measures.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and measure_scores.category_code = categories.category_code
    where
        categories.category_code is null
        or (measures.measure_kind = 'net' and measure_scores.score <> 1)
),

unknown_bases as (
    select
        {{ problem_columns(
            check_id='measure_base',
            file=codebook_file('measure_bases'),
            column_name="'category_code'",
            source_code='measure_bases.category_code',
            problem="'Variable ' || measure_bases.variable_id || ' does not have this category, so nobody is in the base of measure ' || measure_bases.measure_id || ' for it.'",
            remedy="'Correct the category, or derive groups of a number in seeds/codebook/derivations.csv and use those.'"
        ) | indent(8) }}
    from measure_bases
    inner join variables
        on measure_bases.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and measure_bases.category_code = categories.category_code
    where categories.category_code is null
),

final as (
    {% for check in [
        'measure_item_counts', 'measure_score_values', 'unknown_bases'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
