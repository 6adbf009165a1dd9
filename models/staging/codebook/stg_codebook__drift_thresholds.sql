-- Thresholds of the library, and in their place those that the project has set otherwise.
with

codebook as (
    select * from {{ ref('drift_thresholds') }}
),

library as (
    select * from {{ ref('library_drift_thresholds') }}
),

united as (
    select * from codebook
    union all
    select * from library
    where not exists (
        select 1
        from codebook
        where
            codebook.drift_kind = library.drift_kind
            and codebook.statistic = library.statistic
            and codebook.severity = library.severity
    )
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
    from united
)

select * from final
