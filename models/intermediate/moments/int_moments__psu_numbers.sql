{{ config(materialized='batched') }}
-- depends_on: {{ ref('int_design__batches') }}
/*
    The weights by number that was answered, of variables with a quantile: how much of a PSU is at or below a number
    is a sum of its rows.
*/
with

answers as (
    select * from {{ ref('int_answers__coded') }}
),

weights as (
    select *
    from {{ ref('int_design__weights') }}
    where {{ of_one_batch('batch_number') }}
),

memberships as (
    select * from {{ ref('int_segments__memberships') }}
),

slots as (
    select *
    from {{ ref('int_measures__answer_slots') }}
    where keeps_values
),

base_members as (
    select * from {{ ref('int_measures__base_members') }}
),

final as (
    select
        -- keys
        weights.wave_key,
        weights.batch_number,
        weights.moment_date,
        slots.variable_key,
        answers.numeric_value as answer_value,
        memberships.segment_value_key,
        weights.unit_key,

        -- sums
        sum(weights.weight) as sum_w,
        sum(weights.weight * weights.weight) as sum_ww
    from answers
    inner join slots
        on answers.answer_key = slots.answer_key
    inner join base_members
        on
            answers.respondent_number = base_members.respondent_number
            and slots.base_id = base_members.base_id
    inner join weights
        on answers.respondent_number = weights.respondent_number
    inner join memberships
        on answers.respondent_number = memberships.respondent_number
    where
        answers.missing_kind is null
        and answers.numeric_value is not null
    group by
        weights.wave_key,
        weights.batch_number,
        weights.moment_date,
        slots.variable_key,
        answers.numeric_value,
        memberships.segment_value_key,
        weights.unit_key
)

select * from final
