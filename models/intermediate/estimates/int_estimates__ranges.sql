/*
    Between which numbers each estimate lies, since it is a weighted mean of them: the lowest and the highest answer,
    score or ratio of the people of the cell. Sums in floating point may leave this range by a last digit, and
    give 4.999999999999999 for people who all said 5.
    1. Of shares and nets 0 and 1 do, which int_estimates__coefficients knows. Totals have no range.
    2. A ratio has none if somebody has a numerator and no denominator.
*/
with

units as (
    select * from {{ ref('int_design__units') }}
),

-- each is read for itself, with the columns that it needs
number_moments as (
    select
        moments.*,
        units.weight_key
    from {{ ref('int_moments__psu') }} as moments
    inner join units
        on moments.unit_key = units.unit_key
    where moments.n_respondents > 0
),

score_moments as (
    select
        moments.*,
        units.weight_key
    from {{ ref('int_moments__psu') }} as moments
    inner join units
        on moments.unit_key = units.unit_key
    where moments.n_respondents > 0
),

value_moments as (
    select *
    from {{ ref('int_moments__psu_values') }}
    where n_respondents > 0
),

measures as (
    select *
    from {{ ref('int_measures__measures') }}
    where
        measure_kind in ('mean', 'score')
        and standard_population_id is null
),

score_keys as (
    select distinct
        measure_id,
        score_key
    from {{ ref('int_measures__denominators') }}
),

wave_scores as (
    select
        scores.*,
        measures.measure_kind
    from {{ ref('int_moments__wave_scores') }} as scores
    inner join score_keys
        on scores.score_key = score_keys.score_key
    inner join measures
        on score_keys.measure_id = measures.measure_id
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

of_numbers as (
    select
        number_moments.wave_key,
        number_moments.moment_date,
        wave_scores.score_key,
        number_moments.segment_value_key,
        number_moments.lowest_value as lowest,
        number_moments.highest_value as highest
    from number_moments
    inner join wave_scores
        on
            number_moments.wave_key = wave_scores.wave_key
            and number_moments.weight_key = wave_scores.weight_key
            and number_moments.variable_key = wave_scores.variable_key
            and number_moments.block_number = wave_scores.block_number
    where wave_scores.measure_kind = 'mean'
),

scored as (
    select
        score_moments.*,
        {% for slot in slots() -%}
        wave_scores.score_{{ slot }},
        {% endfor -%}
        wave_scores.score_key
    from score_moments
    inner join wave_scores
        on
            score_moments.wave_key = wave_scores.wave_key
            and score_moments.weight_key = wave_scores.weight_key
            and score_moments.variable_key = wave_scores.variable_key
            and score_moments.block_number = wave_scores.block_number
    where wave_scores.measure_kind = 'score'
),

-- each score that somebody has, or 0 for an answer without one
of_scores as (
    {% for slot in slots() -%}
    select
        wave_key,
        moment_date,
        score_key,
        segment_value_key,
        score_{{ slot }} as lowest,
        score_{{ slot }} as highest
    from scored
    where sum_w_{{ slot }} > 0
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor -%}
),

of_values as (
    select
        value_moments.wave_key,
        value_moments.moment_date,
        value_moments.score_key,
        value_moments.segment_value_key,
        value_moments.lowest_ratio as lowest,
        value_moments.highest_ratio as highest
    from value_moments
),

united as (
    select * from of_numbers
    union all
    select * from of_scores
    union all
    select * from of_values
),

final as (
    select
        -- keys
        period_waves.period_key,
        united.score_key,
        united.segment_value_key,

        -- null where a part of the cell has none
        case when count(*) = count(united.lowest) then min(united.lowest) end as lowest,
        case when count(*) = count(united.highest) then max(united.highest) end as highest
    from united
    inner join period_waves
        on
            united.wave_key = period_waves.wave_key
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )
    group by
        period_waves.period_key,
        united.score_key,
        united.segment_value_key
)

select * from final
