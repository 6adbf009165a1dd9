-- Thresholds of the library, and in their place those that the project has set otherwise.
with

codebook as (
    select * from {{ ref('drift_thresholds') }}
),

library as (
    select * from {{ ref('library_drift_thresholds') }}
),

united as (
    select
        codebook.drift_kind,
        codebook.statistic,
        codebook.severity,
        codebook.threshold,
        codebook.breaks_explain,
        codebook.description,
        codebook.remedy
    from codebook

    union all

    select
        library.drift_kind,
        library.statistic,
        library.severity,
        library.threshold,
        library.breaks_explain,
        library.description,
        library.remedy
    from library
    left join codebook
        on
            library.drift_kind = codebook.drift_kind
            and library.statistic = codebook.statistic
            and library.severity = codebook.severity
    where codebook.drift_kind is null
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
