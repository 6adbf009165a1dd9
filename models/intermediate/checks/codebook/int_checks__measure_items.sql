/* Items of measures, their scores, and bases. */
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

base_categories as (
    select * from {{ ref('stg_codebook__base_categories') }}
),

-- As they are written: those of studies that are left out are named too.
written_bases as (
    select * from {{ ref('bases') }}
),

written_base_categories as (
    select * from {{ ref('base_categories') }}
),

written_scores as (
    select * from {{ ref('scores') }}
),

named_scores as (
    select score_id
    from {{ ref('measure_items') }}

    union distinct

    select score_id
    from {{ ref('derived_sums') }}
),

measure_items as (
    select * from {{ ref('stg_codebook__measure_items') }}
),

scores as (
    select * from {{ ref('stg_codebook__scores') }}
),

item_counts as (
    select
        measures.measure_id,
        measures.measure_kind,
        count(distinct measure_items.item_code) as n_items,
        count(distinct case when scores.score_id is not null then measure_items.item_code end)
            as n_scored_items
    from measures
    left join measure_items
        on measures.measure_id = measure_items.measure_id
    left join scores
        on measure_items.score_id = scores.score_id
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
            problem="'A ' || measure_kind || case when measure_kind in ('net', 'score') then ' needs items, and each item needs at least one score.' else ' has no items.' end",
            remedy="'Add the item here and its scores in seeds/codebook/scores.csv, or remove them.'"
        ) | indent(8) }}
    from item_counts
    where
        (measure_kind in ('net', 'score') and (n_items = 0 or n_scored_items < n_items))
        or (measure_kind not in ('net', 'score') and n_items > 0)
),

measure_score_values as (
    select
        {{ problem_columns(
            check_id='measure_scores',
            file=codebook_file('scores'),
            column_name="'category_code, score'",
            source_code='scores.category_code',
            problem="'Measure ' || measures.measure_id || case when categories.category_code is null then ' scores a category that its variable does not have.' else ' is a net, so all of its scores must be 1.' end",
            remedy="'Correct the category or the score, or make the measure a score.'"
        ) | indent(8) }}
    from measure_items
    inner join scores
        on measure_items.score_id = scores.score_id
    inner join measures
        on measure_items.measure_id = measures.measure_id
    inner join variables
        on measures.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and scores.category_code = categories.category_code
    where
        categories.category_code is null
        or (measures.measure_kind = 'net' and scores.score <> 1)
),

unused_scores as (
    select distinct
        {{ problem_columns(
            check_id='scores_unused',
            file=codebook_file('scores'),
            column_name="'score_id'",
            source_code='written_scores.score_id',
            problem="'Neither an item of a measure nor a sum names this set of scores.'",
            remedy="'Name it in score_id of seeds/codebook/measure_items.csv or seeds/codebook/derived_sums.csv, or remove its rows.'"
        ) | indent(8) }}
    from written_scores
    left join named_scores
        on written_scores.score_id = named_scores.score_id
    where named_scores.score_id is null
),

unknown_bases as (
    select
        {{ problem_columns(
            check_id='measure_base',
            file=codebook_file('base_categories'),
            column_name="'category_code'",
            source_code='base_categories.category_code',
            problem="'Variable ' || base_categories.variable_id || ' does not have this category, so it brings nobody into base ' || base_categories.base_id || '.'",
            remedy="'Correct the category, or derive groups of a number in seeds/codebook/derivations.csv and use those.'"
        ) | indent(8) }}
    from base_categories
    inner join variables
        on base_categories.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and base_categories.category_code = categories.category_code
    where categories.category_code is null
),

-- A measure of such a base would be of nobody.
empty_bases as (
    select
        {{ problem_columns(
            check_id='measure_base',
            file=codebook_file('bases'),
            column_name="'base_id'",
            source_code='written_bases.base_id',
            problem="'This base has no categories, so nobody is in it.'",
            remedy="'Add its categories in seeds/codebook/base_categories.csv. For measures of everybody with an answer, leave base_id empty in seeds/codebook/measures.csv.'"
        ) | indent(8) }}
    from written_bases
    left join written_base_categories
        on written_bases.base_id = written_base_categories.base_id
    where written_base_categories.base_id is null
),

final as (
    {% for check in [
        'measure_item_counts', 'measure_score_values', 'unused_scores', 'unknown_bases', 'empty_bases'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
