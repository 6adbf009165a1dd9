/*
    The waves whose answers are summed for a part (int_design__parts). A part is summed when its last wave is.
*/
with

parts as (
    select * from {{ ref('int_design__parts') }}
),

period_waves as (
    select * from {{ ref('int_comparisons__period_waves') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

delivered_waves as (
    select * from {{ ref('int_delivered__waves') }}
),

weighted_waves as (
    select distinct
        wave_key,
        weight_key
    from {{ ref('int_design__weighted_respondents') }}
),

listed as (
    select distinct
        parts.part_key,
        parts.is_of_quantiles,
        delivered_waves.wave_key,
        parts.weight_key,
        parts.study_id,
        parts.strata_period_key,
        parts.part_start,
        parts.part_end,
        case when parts.is_of_quantiles then parts.period_key end as quantile_period_key,
        delivered_waves.batch_number as wave_batch_number
    from parts
    inner join period_waves
        on parts.period_key = period_waves.period_key
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
    inner join delivered_waves
        on period_waves.wave_key = delivered_waves.wave_key
    inner join weighted_waves
        on
            delivered_waves.wave_key = weighted_waves.wave_key
            and parts.weight_key = weighted_waves.weight_key
    where parts.sample_id = waves.sample_id
),

final as (
    select
        -- keys
        part_key,
        is_of_quantiles,
        wave_key,
        weight_key,
        study_id,
        strata_period_key,
        quantile_period_key,

        -- of a part of a wave's fieldwork
        part_start,
        part_end,

        count(*) over (partition by part_key, is_of_quantiles) = 1 as is_of_one_wave,

        -- which parts are summed in one go
        max(wave_batch_number) over (partition by part_key) as batch_number
    from listed
)

select * from final
