with

pairs as (
    select * from {{ ref('int_changes__pairs') }}
),

wave_pairs as (
    select * from {{ ref('int_design__wave_pairs') }}
),

statistics as (
    select *
    from {{ ref('int_estimates__statistics') }}
    where period_grain = 'wave'
),

shared_variances as (
    select * from {{ ref('int_changes__shared_variances') }}
),

t_quantiles as (
    select * from {{ ref('int_design__t_quantiles') }}
),

joined as (
    select
        pairs.study_id,
        pairs.comparison,
        pairs.from_wave_id,
        pairs.to_wave_id,
        pairs.measure_id,
        to_wave.category_code,
        to_wave.segment_id,
        to_wave.segment_code,
        to_wave.estimate - from_wave.estimate as change,
        wave_pairs.covariance_method,
        wave_pairs.degrees_of_freedom,
        to_wave.ci_level,
        sqrt(
            case
                when wave_pairs.covariance_method = 'independent'
                    then from_wave.variance + to_wave.variance
                else shared_variances.variance
            end
        ) as standard_error
    from pairs
    inner join wave_pairs
        on
            pairs.study_id = wave_pairs.study_id
            and pairs.from_wave_id = wave_pairs.from_wave_id
            and pairs.to_wave_id = wave_pairs.to_wave_id
    inner join statistics as to_wave
        on
            pairs.study_id = to_wave.study_id
            and pairs.to_wave_id = to_wave.wave_id
            and pairs.measure_id = to_wave.measure_id
    inner join statistics as from_wave
        on
            pairs.study_id = from_wave.study_id
            and pairs.from_wave_id = from_wave.wave_id
            and to_wave.measure_id = from_wave.measure_id
            and to_wave.category_code = from_wave.category_code
            and to_wave.segment_id = from_wave.segment_id
            and to_wave.segment_code = from_wave.segment_code
    left join shared_variances
        on
            pairs.study_id = shared_variances.study_id
            and pairs.from_wave_id = shared_variances.from_wave_id
            and pairs.to_wave_id = shared_variances.to_wave_id
            and to_wave.measure_id = shared_variances.measure_id
            and to_wave.category_code = shared_variances.category_code
            and to_wave.segment_id = shared_variances.segment_id
            and to_wave.segment_code = shared_variances.segment_code
),

final as (
    select
        -- keys
        joined.study_id,
        joined.comparison,
        joined.from_wave_id,
        joined.to_wave_id,
        joined.measure_id,
        joined.category_code,
        joined.segment_id,
        joined.segment_code,

        -- change and its error
        joined.change,
        joined.standard_error,
        joined.degrees_of_freedom,
        joined.ci_level,
        joined.change - t_quantiles.t_quantile * joined.standard_error as ci_lower,
        joined.change + t_quantiles.t_quantile * joined.standard_error as ci_upper,
        case
            when joined.standard_error > 0 then joined.change / joined.standard_error
        end as t_statistic,
        joined.covariance_method
    from joined
    left join t_quantiles
        on
            joined.degrees_of_freedom = t_quantiles.degrees_of_freedom
            and joined.ci_level = t_quantiles.ci_level
)

select * from final
