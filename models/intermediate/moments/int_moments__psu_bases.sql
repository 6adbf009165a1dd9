/*
    Denominators by period and PSU: everybody of the cell with a valid answer, from waves that offered what is
    estimated. Categories with the same denominator share its rows. Waves that a period pools are summed
    here, so that a PSU that several of them share is one PSU.
*/
with

moments as (
    select * from {{ ref('int_moments__psu') }}
),

value_moments as (
    select * from {{ ref('int_moments__psu_values') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

denominators as (
    select * from {{ ref('int_measures__denominators') }}
),

offered as (
    select distinct
        {{ integer_key(['study_id', 'wave_id']) }} as wave_key,
        measure_id,
        denominator_code
    from {{ ref('int_measures__offered') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

-- the denominators that a wave needs
keys as (
    select distinct
        offered.wave_key,
        offered.measure_id,
        offered.denominator_code,
        denominators.standard_code,
        denominators.denominator_key
    from offered
    inner join denominators
        on
            offered.measure_id = denominators.measure_id
            and offered.denominator_code = denominators.denominator_code
),

keys_of_answers as (
    select
        keys.wave_key,
        keys.denominator_key,
        variables.variable_key
    from keys
    inner join measures
        on keys.measure_id = measures.measure_id
    inner join variables
        on
            measures.variable_id = variables.variable_id
            and measures.base_id = variables.base_id
    where
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'quantile', 'total')
        and measures.standard_population_id is null
),

-- everybody who answered a variable, whatever the answer
answered as (
    select
        wave_key,
        moment_date,
        variable_key,
        segment_value_key,
        unit_key,
        sum(n_respondents) as n_respondents,
        sum(sum_w) as sum_w,
        sum(sum_ww) as sum_ww
    from moments
    group by
        wave_key,
        moment_date,
        variable_key,
        segment_value_key,
        unit_key
),

united as (
    select
        answered.wave_key,
        answered.moment_date,
        keys_of_answers.denominator_key,
        answered.segment_value_key,
        answered.unit_key,
        answered.n_respondents,
        answered.sum_w,
        answered.sum_ww,
        answered.sum_w as sum_wx,
        answered.sum_w as sum_wxx,
        answered.sum_ww as sum_wwxx
    from answered
    inner join keys_of_answers
        on
            answered.wave_key = keys_of_answers.wave_key
            and answered.variable_key = keys_of_answers.variable_key

    union all

    select
        value_moments.wave_key,
        value_moments.moment_date,
        keys.denominator_key,
        value_moments.segment_value_key,
        value_moments.unit_key,
        value_moments.n_respondents,
        value_moments.sum_w,
        value_moments.sum_ww,
        value_moments.sum_wx,
        value_moments.sum_wxx,
        value_moments.sum_wwxx
    from value_moments
    inner join keys
        on
            value_moments.wave_key = keys.wave_key
            and value_moments.measure_id = keys.measure_id
            and value_moments.category_code = keys.denominator_code
            and value_moments.standard_code = keys.standard_code
),

final as (
    select
        -- keys
        period_waves.period_key,
        united.denominator_key,
        united.segment_value_key,
        united.unit_key,

        -- people and their weights
        sum(united.n_respondents) as n_respondents,
        sum(united.sum_w) as sum_w,
        sum(united.sum_ww) as sum_ww,

        -- the denominator; the last for PSUs of one respondent each, as a sum over them
        sum(united.sum_wx) as total_x,
        sum(united.sum_wxx) as sum_wxx,
        sum(united.sum_wwxx) as sum_wwxx
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
        united.denominator_key,
        united.segment_value_key,
        united.unit_key
)

select * from final
