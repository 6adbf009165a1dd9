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
        -- keys
        period_key,
        score_key,
        segment_value_key,
        variable_key,

        -- in the unit of the variable
        min(answer_value) as quantile_value
    from distributions
    where share_at_or_below >= quantile - 1e-12
    group by
        period_key,
        score_key,
        segment_value_key,
        variable_key
)

select * from final
