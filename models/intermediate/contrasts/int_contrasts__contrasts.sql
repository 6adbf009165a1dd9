-- Value, error, interval and test statistic of everything that is compared.
with

terms as (
    select * from {{ ref('int_contrasts__terms') }}
),

variances as (
    select * from {{ ref('int_contrasts__variances') }}
),

contrast_sets as (
    select * from {{ ref('int_contrasts__degrees_of_freedom') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

t_quantiles as (
    select * from {{ ref('int_design__t_quantiles') }}
),

summed as (
    select
        contrast_key,
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        set_grain,
        count(distinct wave_id) as n_waves,
        sum(value_part) as contrast_value
    from terms
    group by
        contrast_key,
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        set_grain
),

joined as (
    select
        summed.contrast_key,
        summed.contrast_kind,
        summed.study_id,
        summed.set_wave_id,
        summed.measure_id,
        summed.category_code,
        summed.segment_id,
        summed.contrast_code,
        summed.n_waves,
        summed.contrast_value,
        case when variances.variance >= 0 then sqrt(variances.variance) end as standard_error,
        contrast_sets.degrees_of_freedom,
        contrast_sets.covariance_method,
        studies.ci_level,
        t_quantiles.t_quantile
    from summed
    inner join variances
        on summed.contrast_key = variances.contrast_key
    inner join weights
        on
            summed.study_id = weights.study_id
            and summed.measure_id = weights.measure_id
    inner join contrast_sets
        on
            weights.weight_key = contrast_sets.weight_key
            and summed.study_id = contrast_sets.study_id
            and summed.set_grain = contrast_sets.set_grain
            and summed.set_wave_id = contrast_sets.set_wave_id
    inner join studies
        on summed.study_id = studies.study_id
    left join t_quantiles
        on
            contrast_sets.degrees_of_freedom = t_quantiles.degrees_of_freedom
            and studies.ci_level = t_quantiles.ci_level
),

final as (
    select
        -- keys
        contrast_key,
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,

        -- value and its error
        contrast_value,
        standard_error,
        degrees_of_freedom,
        ci_level,
        contrast_value - t_quantile * standard_error as ci_lower,
        contrast_value + t_quantile * standard_error as ci_upper,

        -- test that it is zero, of an index that it is 100
        case
            when standard_error > 0
                then
                    (contrast_value - case when contrast_kind = 'index' then 100 else 0 end)
                    / standard_error
        end as t_statistic,
        covariance_method,
        n_waves
    from joined
)

select * from final
