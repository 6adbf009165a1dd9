{{ config(
    materialized='by_wave',
    meta={
        'units': 'int_delivered__waves',
        'unit': ['wave_key'],
        'only_with': {
            'model': 'int_moments__wave_scores', 'on': ['wave_key'], 'where': 'variable_key is not null',
        },
        'inputs': inputs_of_answer_sums(
            ['variable_key', 'block_number', 'slot', 'base_id', 'origin']
        ),
    },
) }}
-- depends_on: {{ ref('int_delivered__waves') }}
-- depends_on: {{ ref('int_answers__answer_keys') }}
-- depends_on: {{ ref('int_moments__wave_scores') }}
/*
    The one heavy pass: everything after it is arithmetic on this table's much smaller sums.
    1. Keyed by variable, not by measure: shares, nets and scores are sums over its slots, each of which holds
       the weights of one answer (macro slots). Quantiles need sums by value (int_moments__psu_numbers).
    2. A wave's rows depend on that wave alone; of studies with calendar periods, each day is a row of its own.
    3. Numbers are taken from an origin in the middle of their declared range. That changes no
       statistic and keeps digits that squares of large numbers would lose.
    4. A weight of zero means "outside the weighted sample": not counted in any base, but its stratum stays
       one of the cell's, as in R.
    5. A base is part of the key too. Respondents outside of it are in no sum, like those of other segments.
    6. Respondents who are their own PSU are summed together, as the PSU `own`: the sums of
       squares over such PSUs are sums over people (sum_ww, sum_wwy, sum_wwyy).
    7. A variable is summed with each weight of its measures, whose people have PSUs of their own.
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
    select * from {{ ref('int_measures__answer_slots') }}
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

valid_answers as (
    select
        answers.respondent_number,
        wave_slots.variable_key,
        wave_slots.block_number,
        wave_slots.slot,
        weights.wave_key,
        weights.moment_date,
        weights.unit_key,
        weights.is_replicate,
        weights.weight,
        weights.weight * weights.weight as ww,
        answers.numeric_value,
        coalesce(answers.numeric_value - wave_slots.origin, 0) as centred_value
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
    where answers.missing_kind is null
),

final as (
    select
        -- keys
        valid_answers.wave_key,
        valid_answers.moment_date,
        valid_answers.variable_key,
        valid_answers.block_number,
        memberships.segment_value_key,
        valid_answers.unit_key,

        -- everybody, and the range of numbers where nobody gave anything else
        sum(
            case when valid_answers.weight > 0 and not valid_answers.is_replicate then 1 else 0 end
        ) as n_respondents,
        {% for name, aggregate in [('lowest', 'min'), ('highest', 'max')] -%}
        case
            when max(case when valid_answers.numeric_value is null then 1 else 0 end) = 0
                then {{ aggregate }}(
                        case when valid_answers.weight > 0 then valid_answers.numeric_value end
                    )
        end as {{ name }}_value,
        {% endfor -%}
        sum(valid_answers.weight) as sum_w,
        sum(valid_answers.ww) as sum_ww,

        -- by answer
        {% for slot in slots() -%}
        sum(case when valid_answers.slot = {{ slot }} then valid_answers.weight else 0 end)
            as sum_w_{{ slot }},
        sum(case when valid_answers.slot = {{ slot }} then valid_answers.ww else 0 end)
            as sum_ww_{{ slot }},
        {% endfor -%}

        -- of numbers
        sum(valid_answers.weight * valid_answers.centred_value) as sum_wy,
        sum(valid_answers.weight * valid_answers.centred_value * valid_answers.centred_value)
            as sum_wyy,
        sum(valid_answers.ww * valid_answers.centred_value) as sum_wwy,
        sum(valid_answers.ww * valid_answers.centred_value * valid_answers.centred_value)
            as sum_wwyy
    from valid_answers
    inner join memberships
        on valid_answers.respondent_number = memberships.respondent_number
    group by
        valid_answers.wave_key,
        valid_answers.moment_date,
        valid_answers.variable_key,
        valid_answers.block_number,
        memberships.segment_value_key,
        valid_answers.unit_key
)

select * from final
