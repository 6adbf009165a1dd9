{{ config(materialized='view') }}
/*
    The estimates of this build, named as those that are published.
*/
with

estimates as (
    select * from {{ ref('int_published__labelled_estimates') }}
),

final as (
    select
        -- keys
        study_id,
        period_grain,
        case
            when wave_id = '_Z' then cast(period_start as {{ dbt.type_string() }}) else wave_id
        end as period_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,

        -- labels
        measure_label,
        variable_id,
        category_label,
        segment_value_label,

        -- numbers
        estimate,
        standard_error,
        n_respondents,

        -- status
        observation_status,
        confidentiality_status
    from estimates
)

select * from final
