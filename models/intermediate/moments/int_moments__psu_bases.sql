/*
    Denominators by period and PSU: everybody of the cell with a valid answer, from waves that offered what is
    estimated. Categories with the same denominator share its rows (`denominator_code`). Waves that a
    period pools are summed here, so that a PSU that several of them share is one PSU.
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

offered as (
    select distinct
        study_id,
        wave_id,
        measure_id,
        denominator_code
    from {{ ref('int_measures__offered') }}
),

period_waves as (
    select *
    from {{ ref('int_design__period_waves') }}
    where period_grain <> 'wave_set'
),

of_answers as (
    select
        moments.study_id,
        moments.wave_id,
        moments.moment_date,
        measures.measure_id,
        offered.denominator_code,
        '_T' as standard_code,
        moments.segment_id,
        moments.segment_code,
        moments.sample_id,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,
        moments.is_replicate,
        sum(moments.n_respondents) as n_respondents,
        sum(moments.sum_w) as sum_w,
        sum(moments.sum_ww) as sum_ww
    from moments
    inner join measures
        on
            moments.variable_id = measures.variable_id
            and moments.base_id = measures.base_id
    inner join offered
        on
            moments.study_id = offered.study_id
            and moments.wave_id = offered.wave_id
            and measures.measure_id = offered.measure_id
    where
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'quantile', 'total')
        and measures.standard_population_id is null
    group by
        moments.study_id,
        moments.wave_id,
        moments.moment_date,
        measures.measure_id,
        offered.denominator_code,
        moments.segment_id,
        moments.segment_code,
        moments.sample_id,
        moments.stratum_id,
        moments.psu_id,
        moments.is_own_psu,
        moments.is_replicate
),

united as (
    select
        study_id,
        wave_id,
        moment_date,
        measure_id,
        denominator_code,
        standard_code,
        segment_id,
        segment_code,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        is_replicate,
        n_respondents,
        sum_w,
        sum_ww,
        sum_w as sum_wx,
        sum_w as sum_wxx,
        sum_ww as sum_wwxx
    from of_answers

    union all

    select
        value_moments.study_id,
        value_moments.wave_id,
        value_moments.moment_date,
        value_moments.measure_id,
        offered.denominator_code,
        value_moments.standard_code,
        value_moments.segment_id,
        value_moments.segment_code,
        value_moments.sample_id,
        value_moments.stratum_id,
        value_moments.psu_id,
        value_moments.is_own_psu,
        value_moments.is_replicate,
        value_moments.n_respondents,
        value_moments.sum_w,
        value_moments.sum_ww,
        value_moments.sum_wx,
        value_moments.sum_wxx,
        value_moments.sum_wwxx
    from value_moments
    inner join offered
        on
            value_moments.study_id = offered.study_id
            and value_moments.wave_id = offered.wave_id
            and value_moments.measure_id = offered.measure_id
            and value_moments.category_code = offered.denominator_code
),

final as (
    select
        -- keys
        united.study_id,
        period_waves.period_wave_id as wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        united.measure_id,
        united.denominator_code,
        united.standard_code,
        united.segment_id,
        united.segment_code,
        united.sample_id,
        united.stratum_id,
        united.psu_id,
        united.is_own_psu,
        united.is_replicate,

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
            united.study_id = period_waves.study_id
            and united.wave_id = period_waves.wave_id
            and (
                period_waves.period_end is null
                or united.moment_date between period_waves.period_start and period_waves.period_end
            )
    group by
        united.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        united.measure_id,
        united.denominator_code,
        united.standard_code,
        united.segment_id,
        united.segment_code,
        united.sample_id,
        united.stratum_id,
        united.psu_id,
        united.is_own_psu,
        united.is_replicate
)

select * from final
