with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

questions as (
    select * from {{ ref('stg_codebook__questions') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

derived_sums as (
    select * from {{ ref('stg_codebook__derived_sums') }}
),

scores as (
    select * from {{ ref('stg_codebook__scores') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

sum_members as (
    select
        derived_sums.variable_id,
        derived_sums.score_id,
        derived_sums.minimum_answers,
        variable_group_members.variable_id as member_variable_id,
        members.value_type,
        members.code_list_id
    from derived_sums
    inner join variable_group_members
        on derived_sums.variable_group_id = variable_group_members.variable_group_id
    inner join variables as members
        on variable_group_members.variable_id = members.variable_id
),

sum_sizes as (
    select
        variable_id,
        max(minimum_answers) as minimum_answers,
        count(*) as n_members
    from sum_members
    group by variable_id
),

derived_variable_ids as (
    select variable_id
    from derivations

    union distinct

    select variable_id
    from derived_sums
),

sum_variables as (
    select distinct
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'variable_id'",
            source_code='derived_sums.variable_id',
            problem="'A sum must be a numeric variable that is neither asked nor in derivations.csv.'",
            remedy="'Make the variable numeric, and remove its question or derivation. Or remove the sum.'"
        ) | indent(8) }}
    from derived_sums
    inner join variables
        on derived_sums.variable_id = variables.variable_id
    left join questions
        on derived_sums.variable_id = questions.variable_id
    left join derivations
        on derived_sums.variable_id = derivations.variable_id
    where
        variables.value_type = 'categorical'
        or questions.variable_id is not null
        or derivations.variable_id is not null
),

sum_parts as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'variable_group_id'",
            source_code='sum_members.variable_id',
            problem="'The sum includes variable ' || sum_members.member_variable_id || ', which is itself derived.'",
            remedy="'Name a group of variables that were asked.'"
        ) | indent(8) }}
    from sum_members
    inner join derived_variable_ids
        on sum_members.member_variable_id = derived_variable_ids.variable_id
),

sum_minimums as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'minimum_answers'",
            source_code='variable_id',
            problem="'The group of this sum has ' || cast(n_members as " ~ dbt.type_string() ~ ") || ' variables, and minimum_answers must lie between 1 and this number.'",
            remedy="'Write a number from 1 to the number of variables.'"
        ) | indent(8) }}
    from sum_sizes
    where minimum_answers not between 1 and n_members
),

scored_members as (
    select
        sum_members.variable_id,
        sum_members.member_variable_id,
        count(categories.category_code) as n_scored
    from sum_members
    left join scores
        on sum_members.score_id = scores.score_id
    left join categories
        on
            sum_members.code_list_id = categories.code_list_id
            and scores.category_code = categories.category_code
    where sum_members.value_type = 'categorical'
    group by
        sum_members.variable_id,
        sum_members.member_variable_id
),

unscored_members as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('derived_sums'),
            column_name="'score_id'",
            source_code='variable_id',
            problem="'No category of variable ' || member_variable_id || ' has a score in this sum.'",
            remedy="'Name a set of scores with a row for each of its categories in seeds/codebook/scores.csv.'"
        ) | indent(8) }}
    from scored_members
    where n_scored = 0
),

known_scores as (
    select distinct
        sum_members.variable_id,
        categories.category_code
    from sum_members
    inner join categories
        on sum_members.code_list_id = categories.code_list_id
),

idle_scores as (
    select
        {{ problem_columns(
            check_id='derived_sum',
            file=codebook_file('scores'),
            column_name="'category_code'",
            source_code='scores.category_code',
            problem="'The scores ' || scores.score_id || ' name this category, but no variable of sum ' || derived_sums.variable_id || ' has it.'",
            remedy="'Correct the category, or remove the row.'"
        ) | indent(8) }}
    from derived_sums
    inner join scores
        on derived_sums.score_id = scores.score_id
    left join known_scores
        on
            derived_sums.variable_id = known_scores.variable_id
            and scores.category_code = known_scores.category_code
    where known_scores.category_code is null
),

final as (
    {% for check in [
        'sum_variables', 'sum_parts', 'sum_minimums', 'unscored_members', 'idle_scores'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
