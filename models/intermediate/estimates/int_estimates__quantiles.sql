/*
    A quantile is the smallest value that at least that share of the weight does not exceed (the inverse of the
    weighted distribution function; R's qrule "math"). A hair is allowed for rounding in the sums, so that
    engines that sum in another order choose the same value.
*/
with

distributions as (
    select * from {{ ref('int_moments__distributions') }}
),

final as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        '_Z' as category_code,
        segment_id,
        segment_code,
        min(answer_value) as quantile_value
    from distributions
    where share_at_or_below >= quantile - 1e-12
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        segment_id,
        segment_code
)

select * from final
