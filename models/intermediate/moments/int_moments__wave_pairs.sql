/*
    Cross products of PSU totals of two waves that share a sample, per stratum: enough for the covariance of
    any two of their estimates. A PSU that is in one wave only adds nothing to a product.
*/
with

wave_pairs as (
    select
        study_id,
        from_wave_id,
        to_wave_id
    from {{ ref('int_design__wave_pairs') }}
    where covariance_method <> 'independent'
),

sharing_waves as (
    select
        study_id,
        from_wave_id as wave_id
    from wave_pairs

    union

    select
        study_id,
        to_wave_id as wave_id
    from wave_pairs
),

bases as (
    select * from {{ ref('int_moments__psu_bases') }}
),

scores as (
    select * from {{ ref('int_moments__psu_scores') }}
),

measure_scores as (
    select distinct
        measure_id,
        category_code
    from {{ ref('int_measures__scores') }}
),

totals as (
    select
        bases.study_id,
        bases.wave_id,
        bases.measure_id,
        measure_scores.category_code,
        bases.segment_id,
        bases.segment_code,
        bases.stratum_id,
        bases.psu_id,
        bases.total_x,
        coalesce(scores.total_y, 0) as total_y
    from bases
    inner join sharing_waves
        on
            bases.study_id = sharing_waves.study_id
            and bases.wave_id = sharing_waves.wave_id
    inner join measure_scores
        on bases.measure_id = measure_scores.measure_id
    left join scores
        on
            bases.study_id = scores.study_id
            and bases.wave_id = scores.wave_id
            and bases.measure_id = scores.measure_id
            and bases.segment_id = scores.segment_id
            and bases.segment_code = scores.segment_code
            and bases.stratum_id = scores.stratum_id
            and bases.psu_id = scores.psu_id
            and measure_scores.category_code = scores.category_code
),

final as (
    select
        -- keys
        wave_pairs.study_id,
        wave_pairs.from_wave_id,
        wave_pairs.to_wave_id,
        from_totals.measure_id,
        from_totals.category_code,
        from_totals.segment_id,
        from_totals.segment_code,
        from_totals.stratum_id,

        -- products, the earlier wave first
        sum(from_totals.total_y * to_totals.total_y) as sum_yy,
        sum(from_totals.total_y * to_totals.total_x) as sum_yx,
        sum(from_totals.total_x * to_totals.total_y) as sum_xy,
        sum(from_totals.total_x * to_totals.total_x) as sum_xx
    from wave_pairs
    inner join totals as from_totals
        on
            wave_pairs.study_id = from_totals.study_id
            and wave_pairs.from_wave_id = from_totals.wave_id
    inner join totals as to_totals
        on
            wave_pairs.study_id = to_totals.study_id
            and wave_pairs.to_wave_id = to_totals.wave_id
            and from_totals.measure_id = to_totals.measure_id
            and from_totals.category_code = to_totals.category_code
            and from_totals.segment_id = to_totals.segment_id
            and from_totals.segment_code = to_totals.segment_code
            and from_totals.stratum_id = to_totals.stratum_id
            and from_totals.psu_id = to_totals.psu_id
    group by
        wave_pairs.study_id,
        wave_pairs.from_wave_id,
        wave_pairs.to_wave_id,
        from_totals.measure_id,
        from_totals.category_code,
        from_totals.segment_id,
        from_totals.segment_code,
        from_totals.stratum_id
)

select * from final
