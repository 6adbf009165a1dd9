/*
    1. Design effect: against simple random sampling with replacement of the same number of people.
    2. Everything is computed here; what may be shown is decided later.
*/
with

points as (
    select * from {{ ref('int_estimates__points') }}
),

variances as (
    select * from {{ ref('int_estimates__variances') }}
),

design as (
    select * from {{ ref('int_design__waves') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

errors as (
    select
        points.study_id,
        points.wave_id,
        points.period_grain,
        points.period_start,
        points.measure_id,
        points.category_code,
        points.segment_id,
        points.segment_code,
        points.measure_kind,
        points.centred_estimate,
        points.centred_estimate + points.origin as estimate,
        points.n_respondents,
        points.sum_of_weights,
        points.sum_of_squared_weights,
        points.sum_wyy,
        variances.variance,
        sqrt(variances.variance) as standard_error,
        design.degrees_of_freedom,
        studies.ci_level
    from points
    inner join variances
        on
            points.study_id = variances.study_id
            and points.wave_id = variances.wave_id
            and points.period_grain = variances.period_grain
            and points.period_start = variances.period_start
            and points.measure_id = variances.measure_id
            and points.category_code = variances.category_code
            and points.segment_id = variances.segment_id
            and points.segment_code = variances.segment_code
    inner join design
        on
            points.study_id = design.study_id
            and points.wave_id = design.wave_id
    inner join studies
        on points.study_id = studies.study_id
),

simple_random as (
    select
        *,
        case
            when n_respondents > 1
                then (
                    sum_wyy / sum_of_weights - centred_estimate * centred_estimate
                ) / (n_respondents - 1.0)
        end as simple_random_variance
    from errors
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        measure_kind,

        -- estimate and error
        estimate,
        standard_error,
        degrees_of_freedom,
        ci_level,

        -- bases
        n_respondents,
        case
            when simple_random_variance > 0 and variance > 0
                then n_respondents * simple_random_variance / variance
        end as n_effective,
        sum_of_weights,
        case
            when simple_random_variance > 0 then variance / simple_random_variance
        end as design_effect,
        case
            when estimate <> 0 then standard_error / abs(estimate)
        end as coefficient_of_variation,

        -- for changes
        variance,
        centred_estimate
    from simple_random
)

select * from final
