/*
    Variables that only left-out studies ask, and those that are only derived from them: tables for readers do
    not name them. A variable that nobody asks at all is not left out.
*/
with

questions as (
    select * from {{ ref('questions') }}
),

derived_sums as (
    select * from {{ ref('derived_sums') }}
),

members as (
    select * from {{ ref('variable_group_members') }}
),

derivations as (
    select
        variable_id,
        source_variable_id
    from {{ ref('derivations') }}

    union distinct

    select
        derived_sums.variable_id,
        members.variable_id as source_variable_id
    from derived_sums
    inner join members
        on derived_sums.variable_group_id = members.variable_group_id
),

asked as (
    select
        variable_id,
        max(case when {{ is_not_left_out('questions.study_id') }} then 1 else 0 end) = 1
            as is_present
    from questions
    group by variable_id
),

-- What is derived may be derived further, such as groups of a sum.
derived_once as (
    select
        derivations.variable_id,
        max(case when asked.is_present then 1 else 0 end) = 1 as is_present
    from derivations
    inner join asked
        on derivations.source_variable_id = asked.variable_id
    group by derivations.variable_id
),

derived_twice as (
    select
        derivations.variable_id,
        max(case when derived_once.is_present then 1 else 0 end) = 1 as is_present
    from derivations
    inner join derived_once
        on derivations.source_variable_id = derived_once.variable_id
    group by derivations.variable_id
),

united as (
    select * from asked
    union all
    select * from derived_once
    union all
    select * from derived_twice
),

final as (
    select variable_id
    from united
    group by variable_id
    having max(case when is_present then 1 else 0 end) = 0
)

select * from final
