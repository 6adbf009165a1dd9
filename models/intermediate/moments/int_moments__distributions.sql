/*
    Weighted distribution function of each cell of a quantile: how much of the weight is at or below each value
    that occurs.
*/
with

moments as (
    select *
    from {{ ref('int_moments__psu') }}
    where
        not is_replicate
        and answer_value is not null
),

measures as (
    select *
    from {{ ref('int_measures__measures') }}
    where measure_kind = 'quantile'
),

period_waves as (
    select *
    from {{ ref('int_design__period_waves') }}
    where period_grain <> 'wave_set'
),

summed as (
    select
        moments.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        moments.variable_id,
        moments.base_id,
        moments.segment_id,
        moments.segment_code,
        moments.answer_value,
        sum(moments.sum_w) as sum_w
    from moments
    inner join period_waves
        on
            moments.study_id = period_waves.study_id
            and moments.wave_id = period_waves.wave_id
            and (
                period_waves.period_end is null
                or moments.moment_date between period_waves.period_start and period_waves.period_end
            )
    group by
        moments.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        moments.variable_id,
        moments.base_id,
        moments.segment_id,
        moments.segment_code,
        moments.answer_value
    having sum(moments.sum_w) > 0
),

cumulated as (
    select
        *,
        sum(sum_w) over (
            partition by
                study_id,
                wave_id,
                period_grain,
                period_start,
                variable_id,
                base_id,
                segment_id,
                segment_code
            order by answer_value
            rows between unbounded preceding and current row
        ) as sum_w_at_or_below,
        sum(sum_w) over (
            partition by
                study_id,
                wave_id,
                period_grain,
                period_start,
                variable_id,
                base_id,
                segment_id,
                segment_code
        ) as sum_w_of_cell
    from summed
),

final as (
    select
        -- keys
        cumulated.study_id,
        cumulated.wave_id,
        cumulated.period_grain,
        cumulated.period_start,
        measures.measure_id,
        measures.quantile,
        cumulated.segment_id,
        cumulated.segment_code,
        cumulated.answer_value,

        -- a fraction of 1
        cumulated.sum_w_at_or_below / cumulated.sum_w_of_cell as share_at_or_below
    from cumulated
    inner join measures
        on
            cumulated.variable_id = measures.variable_id
            and cumulated.base_id = measures.base_id
)

select * from final
