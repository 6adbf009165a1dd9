with

codebook as (
    select * from {{ ref('drift_thresholds') }}
),

final as (
    select
        drift_kind,
        statistic,
        severity,
        {{ to_number('threshold') }} as threshold,
        {{ to_boolean('breaks_explain') }} as breaks_explain,
        description,
        remedy
    from codebook
)

select * from final
