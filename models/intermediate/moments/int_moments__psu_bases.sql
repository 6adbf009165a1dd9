with

moments as (
    select * from {{ ref('int_moments__psu') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

final as (
    select
        -- keys
        moments.study_id,
        moments.wave_id,
        moments.period_grain,
        moments.period_start,
        measures.measure_id,
        moments.segment_id,
        moments.segment_code,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,

        -- the base: everybody of the cell with a valid answer
        sum(moments.n_respondents) as n_respondents,
        sum(moments.sum_w) as total_x,
        sum(moments.sum_ww) as sum_ww
    from moments
    inner join measures
        on moments.variable_id = measures.variable_id
    group by
        moments.study_id,
        moments.wave_id,
        moments.period_grain,
        moments.period_start,
        measures.measure_id,
        moments.segment_id,
        moments.segment_code,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu
)

select * from final
