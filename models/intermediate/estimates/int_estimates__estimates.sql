/*
    1. Design effect: against simple random sampling with replacement of the same number of people.
    2. Everything is computed here; what may be shown is decided later.
    3. Where no error is known, nothing that follows from it is either (int_estimates__errors).
*/
with

points as (
    select * from {{ ref('int_estimates__point_estimates') }}
),

variances as (
    select * from {{ ref('int_estimates__errors') }}
),

quantile_bounds as (
    select * from {{ ref('int_estimates__quantile_bounds') }}
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

errors as (
    select
        points.cell_key,
        points.study_id,
        points.wave_id,
        points.period_grain,
        points.period_start,
        points.measure_id,
        points.category_code,
        points.segment_id,
        points.segment_code,
        points.measure_kind,
        points.n_respondents,
        points.sum_of_weights,
        points.simple_random_variance,
        variances.variance as influence_variance,
        variances.is_error_unknown,
        variances.error_reason,
        periods.degrees_of_freedom,
        studies.ci_level,
        case
            when points.measure_kind = 'quantile' then quantile_bounds.quantile_value
            else points.estimate
        end as estimate,
        case
            when points.measure_kind = 'quantile' then quantile_bounds.standard_error
            else sqrt(variances.variance)
        end as standard_error,
        case
            when points.measure_kind = 'quantile' then quantile_bounds.influence_scale
            when not variances.is_error_unknown then 1
        end as influence_scale
    from points
    inner join variances
        on points.cell_key = variances.cell_key
    inner join periods
        on
            points.period_key = periods.period_key
            and points.weight_key = periods.weight_key
    inner join studies
        on points.study_id = studies.study_id
    left join quantile_bounds
        on points.cell_key = quantile_bounds.cell_key
),

final as (
    select
        -- keys
        cell_key,
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
        is_error_unknown,
        case
            when error_reason is null and standard_error is null
                then 'Error not known: its interval has no end on one side'
            else error_reason
        end as error_reason,

        -- bases
        n_respondents,
        case
            when simple_random_variance > 0 and influence_variance > 0
                then n_respondents * simple_random_variance / influence_variance
        end as n_effective,
        sum_of_weights,
        case
            when simple_random_variance > 0 then influence_variance / simple_random_variance
        end as design_effect,
        case
            when estimate <> 0 then standard_error / abs(estimate)
        end as coefficient_of_variation,

        -- for contrasts
        standard_error * standard_error as variance,
        influence_scale
    from errors
)

select * from final
