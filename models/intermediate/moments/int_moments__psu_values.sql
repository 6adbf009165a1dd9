{{ config(
    materialized='by_wave',
    meta={
        'units': 'int_delivered__waves',
        'unit': ['wave_key'],
        'only_with': {
            'model': 'int_moments__wave_scores', 'on': ['wave_key'], 'where': 'variable_key is null',
        },
        'inputs': dict(
            inputs_of_sums(),
            int_measures__values={'by': ['study_id', 'wave_id']},
            int_moments__wave_scores={
                'by': ['wave_key'],
                'columns': ['score_key', 'weight_key'],
                'where': 'variable_key is null',
            },
            int_measures__denominators=none,
        ),
    },
) }}
-- depends_on: {{ ref('int_delivered__waves') }}
/*
    The same sums for measures that need several answers of a person: of the numerator y, the denominator x,
    and their squares and products. Kept are those that the wave offered.
*/
with

measure_values as (
    select *
    from {{ ref('int_measures__values') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
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

wave_scores as (
    select distinct
        wave_key,
        score_key
    from {{ ref('int_moments__wave_scores') }}
    where variable_key is null
),

score_keys as (
    select distinct
        study_id,
        measure_id,
        category_code,
        standard_code,
        score_key,
        weight_key
    from {{ ref('int_measures__denominators') }}
),

final as (
    select
        -- keys
        weights.wave_key,
        weights.moment_date,
        score_keys.score_key,
        memberships.segment_value_key,
        weights.unit_key,

        -- sums
        sum(case when weights.weight > 0 and not weights.is_replicate then 1 else 0 end)
            as n_respondents,
        {% for name, aggregate in [('lowest', 'min'), ('highest', 'max')] -%}
        -- null if a numerator has no denominator
        case
            when max(case when measure_values.x > 0 or measure_values.y = 0 then 0 else 1 end) = 0
                then {{ aggregate }}(
                        case
                            when weights.weight > 0
                                then measure_values.y / nullif(measure_values.x, 0)
                        end
                    )
        end as {{ name }}_ratio,
        {% endfor -%}
        sum(weights.weight) as sum_w,
        sum(weights.weight * weights.weight) as sum_ww,
        sum(weights.weight * measure_values.x) as sum_wx,
        sum(weights.weight * measure_values.x * measure_values.x) as sum_wxx,
        sum(weights.weight * weights.weight * measure_values.x * measure_values.x) as sum_wwxx,
        sum(weights.weight * measure_values.y) as sum_wy,
        sum(weights.weight * measure_values.y * measure_values.y) as sum_wyy,
        sum(weights.weight * measure_values.y * measure_values.x) as sum_wyx,
        sum(weights.weight * weights.weight * measure_values.y * measure_values.y) as sum_wwyy,
        sum(weights.weight * weights.weight * measure_values.y * measure_values.x) as sum_wwyx
    from measure_values
    inner join score_keys
        on
            measure_values.study_id = score_keys.study_id
            and measure_values.measure_id = score_keys.measure_id
            and measure_values.category_code = score_keys.category_code
            and measure_values.standard_code = score_keys.standard_code
    inner join weights
        on
            measure_values.respondent_number = weights.respondent_number
            and score_keys.weight_key = weights.weight_key
    inner join wave_scores
        on
            weights.wave_key = wave_scores.wave_key
            and score_keys.score_key = wave_scores.score_key
    inner join memberships
        on measure_values.respondent_number = memberships.respondent_number
    group by
        weights.wave_key,
        weights.moment_date,
        score_keys.score_key,
        memberships.segment_value_key,
        weights.unit_key
)

select * from final
