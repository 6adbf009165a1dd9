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

batches as (
    select * from {{ ref('int_design__batches') }}
),

listed as (
    select distinct
        parts.part_key,
        parts.is_of_quantiles,
        batches.wave_key,
        parts.study_id,
        parts.strata_period_key,
        parts.part_start,
        parts.part_end,
        batches.batch_number as wave_batch_number
    from parts
    inner join period_waves
        on parts.period_key = period_waves.period_key
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
    inner join batches
        on period_waves.wave_key = batches.wave_key
    where parts.sample_key = {{ integer_key(['waves.study_id', 'waves.sample_id']) }}
),

final as (
    select
        -- keys
        part_key,
        is_of_quantiles,
        wave_key,
        study_id,
        strata_period_key,

        -- of a part of a wave's fieldwork
        part_start,
        part_end,

        -- the batch of the wave, and that of the part
        count(*) over (partition by part_key, is_of_quantiles) = 1 as is_of_one_wave,
        wave_batch_number,
        max(wave_batch_number) over (partition by part_key) as batch_number
    from listed
)

select * from final
