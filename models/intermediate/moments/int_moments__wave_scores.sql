/*
    What each wave's estimates are summed from, where the wave offered all that they are made of: the answers of a
    variable, each times its score, or the numbers of respondents that were computed for them (int_measures__values).
    1. The number that was answered counts as it is. It has the `number_factor` 1 and no score.
    2. A code list of more than twelve categories has a row for each of its blocks, also where none of them scores:
       all who answered are in the denominator.
    3. Quantiles have no scores: who lies below one is known only when the quantile is computed.
*/
with

waves as (
    select * from {{ ref('int_delivered__waves') }}
),

offered as (
    select * from {{ ref('int_measures__offered') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        denominator_code,
        score_key
    from {{ ref('int_measures__denominators') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

slots as (
    select * from {{ ref('int_measures__answer_slots') }}
),

needed as (
    select
        waves.wave_key,
        weights.weight_key,
        offered.measure_id,
        offered.category_code,
        denominators.score_key,
        measures.variable_id,
        measures.base_id,
        measures.measure_kind = 'quantile' as is_of_quantiles,
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'quantile', 'total')
        and measures.standard_population_id is null as is_of_answers
    from offered
    inner join waves
        on
            offered.study_id = waves.study_id
            and offered.wave_id = waves.wave_id
    inner join denominators
        on
            offered.measure_id = denominators.measure_id
            and offered.category_code = denominators.category_code
            and offered.denominator_code = denominators.denominator_code
    inner join measures
        on offered.measure_id = measures.measure_id
    inner join weights
        on
            offered.study_id = weights.study_id
            and offered.measure_id = weights.measure_id
),

of_answers as (
    select
        needed.wave_key,
        needed.weight_key,
        needed.score_key,
        needed.is_of_quantiles,
        slots.variable_key,
        slots.block_number,
        slots.is_in_one_block and not needed.is_of_quantiles as is_of_one_row,
        {% for slot in slots() -%}
        sum(case when slots.slot = {{ slot }} then coalesce(scores.score, 0) else 0 end)
            as score_{{ slot }},
        {% endfor -%}
        sum(
            case
                when
                    scores.answer_code = '_Z'
                    and scores.score is null
                    and not needed.is_of_quantiles
                    then 1
                else 0
            end
        ) as number_factor
    from needed
    inner join slots
        on
            needed.variable_id = slots.variable_id
            and needed.base_id = slots.base_id
    left join scores
        on
            needed.measure_id = scores.measure_id
            and needed.category_code = scores.category_code
            and slots.category_code = scores.answer_code
    where needed.is_of_answers
    group by
        needed.wave_key,
        needed.weight_key,
        needed.score_key,
        needed.is_of_quantiles,
        slots.variable_key,
        slots.block_number,
        slots.is_in_one_block and not needed.is_of_quantiles
),

of_values as (
    select
        wave_key,
        weight_key,
        score_key,
        is_of_quantiles,
        cast(null as bigint) as variable_key,
        cast(null as integer) as block_number,
        true as is_of_one_row,
        {% for slot in slots() -%}
        0 as score_{{ slot }},
        {% endfor -%}
        0 as number_factor
    from needed
    where not is_of_answers
),

united as (
    select * from of_answers
    union all
    select * from of_values
),

final as (
    select
        -- keys
        wave_key,
        score_key,
        variable_key,
        block_number,

        -- what they belong to
        weight_key,
        is_of_quantiles,
        is_of_one_row,

        -- what the answers count
        {% for slot in slots() -%}
        cast(score_{{ slot }} as {{ type_number() }}) as score_{{ slot }},
        {% endfor -%}
        cast(number_factor as {{ type_number() }}) as number_factor
    from united
)

select * from final
