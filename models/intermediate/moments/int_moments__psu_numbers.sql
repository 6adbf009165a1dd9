{{ config(
    materialized='by_wave',
    meta={
        'units': 'int_delivered__waves',
        'unit': ['wave_key'],
        'only_with': {
            'model': 'int_moments__wave_scores', 'on': ['wave_key'], 'where': 'is_of_quantiles',
        },
        'inputs': inputs_of_answer_sums(['variable_key', 'base_id', 'keeps_values']),
    },
) }}
-- depends_on: {{ ref('int_delivered__waves') }}
-- depends_on: {{ ref('int_answers__answer_keys') }}
-- depends_on: {{ ref('int_moments__wave_scores') }}
/*
    The weights by number that was answered, of variables with a quantile: how much of a PSU is at or below a number
    is a sum of its rows.
*/
with

answers as (
    select *
    from {{ ref('int_answers__coded') }}
    where {{ of_these_units(['wave_key']) }}
),

weights as (
    select *
    from {{ ref('int_design__weights') }}
    where {{ of_these_units(['wave_key']) }}
),

memberships as (
    select *
    from {{ ref('int_segments__memberships') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
),

slots as (
    select *
    from {{ ref('int_measures__answer_slots') }}
    where keeps_values
),

weighted_variables as (
    select *
    from {{ ref('int_measures__weighted_variables') }}
    where {{ of_these_units(['wave_key']) }}
),

base_members as (
    select *
    from {{ ref('int_measures__base_members') }}
    where {{ of_these_units(['wave_key']) }}
),

wave_slots as (
    select
        weighted_variables.wave_key,
        weighted_variables.weight_key,
        slots.*
    from weighted_variables
    inner join slots
        on weighted_variables.variable_key = slots.variable_key
),

final as (
    select
        -- keys
        weights.wave_key,
        weights.moment_date,
        wave_slots.variable_key,
        answers.numeric_value as answer_value,
        memberships.segment_value_key,
        weights.unit_key,

        -- sums
        sum(weights.weight) as sum_w,
        sum(weights.weight * weights.weight) as sum_ww
    from answers
    inner join wave_slots
        on
            answers.wave_key = wave_slots.wave_key
            and answers.answer_key = wave_slots.answer_key
    inner join base_members
        on
            answers.respondent_number = base_members.respondent_number
            and wave_slots.base_id = base_members.base_id
    inner join weights
        on
            answers.respondent_number = weights.respondent_number
            and wave_slots.weight_key = weights.weight_key
    inner join memberships
        on answers.respondent_number = memberships.respondent_number
    where
        answers.missing_kind is null
        and answers.numeric_value is not null
    group by
        weights.wave_key,
        weights.moment_date,
        wave_slots.variable_key,
        answers.numeric_value,
        memberships.segment_value_key,
        weights.unit_key
)

select * from final
