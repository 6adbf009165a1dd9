/*
    Weighted distribution function of each cell of a quantile: how much of the weight is at or below each value
    that occurs.
*/
with

moments as (
    select * from {{ ref('int_moments__psu_numbers') }}
),

units as (
    select * from {{ ref('int_design__units') }}
),

measures as (
    select *
    from {{ ref('int_measures__measures') }}
    where measure_kind = 'quantile'
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

denominators as (
    select distinct
        measure_id,
        score_key,
        weight_key
    from {{ ref('int_measures__denominators') }}
    where standard_code = '_T'
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

summed as (
    select
        period_waves.period_key,
        units.weight_key,
        moments.variable_key,
        moments.segment_value_key,
        moments.answer_value,
        sum(moments.sum_w) as sum_w
    from moments
    inner join units
        on moments.unit_key = units.unit_key
    inner join period_waves
        on
            moments.wave_key = period_waves.wave_key
            and (
                period_waves.period_end is null
                or moments.moment_date between period_waves.period_start and period_waves.period_end
            )
    where not units.is_replicate
    group by
        period_waves.period_key,
        units.weight_key,
        moments.variable_key,
        moments.segment_value_key,
        moments.answer_value
    having sum(moments.sum_w) > 0
),

cumulated as (
    select
        *,
        sum(sum_w) over (
            partition by period_key, weight_key, variable_key, segment_value_key
            order by answer_value
            rows between unbounded preceding and current row
        ) as sum_w_at_or_below,
        sum(sum_w) over (
            partition by period_key, weight_key, variable_key, segment_value_key
        ) as sum_w_of_cell
    from summed
),

final as (
    select
        -- keys
        cumulated.period_key,
        denominators.score_key,
        cumulated.segment_value_key,
        cumulated.answer_value,

        -- what is asked for
        cumulated.variable_key,
        measures.quantile,

        -- a fraction of 1
        cumulated.sum_w_at_or_below / cumulated.sum_w_of_cell as share_at_or_below
    from cumulated
    inner join variables
        on cumulated.variable_key = variables.variable_key
    inner join measures
        on
            variables.variable_id = measures.variable_id
            and variables.base_id = measures.base_id
    inner join denominators
        on
            measures.measure_id = denominators.measure_id
            and cumulated.weight_key = denominators.weight_key
)

select * from final
