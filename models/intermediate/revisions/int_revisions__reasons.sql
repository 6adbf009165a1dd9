/*
    What differs from the published release of what figures follow from. Empty where that release has no
    fingerprints.
*/
with

fingerprints as (
    select * from {{ ref('int_revisions__fingerprints') }}
),

published as (
    select * from {{ ref('int_revisions__published_fingerprints') }}
),

other_engine as (
    select published.study_id
    from published
    inner join fingerprints
        on
            published.reason = fingerprints.reason
            and published.subject_kind = fingerprints.subject_kind
    where
        published.reason = 'method'
        and published.subject_kind = 'engine'
        and published.fingerprint <> fingerprints.fingerprint
),

compared as (
    select
        coalesce(fingerprints.study_id, published.study_id) as study_id,
        coalesce(fingerprints.wave_id, published.wave_id) as wave_id,
        coalesce(fingerprints.reason, published.reason) as reason,
        coalesce(fingerprints.subject_kind, published.subject_kind) as subject_kind,
        coalesce(fingerprints.subject_id, published.subject_id) as subject_id,
        fingerprints.fingerprint as to_fingerprint,
        published.fingerprint as from_fingerprint
    from fingerprints
    full outer join published
        on
            fingerprints.study_id = published.study_id
            and fingerprints.wave_id = published.wave_id
            and fingerprints.reason = published.reason
            and fingerprints.subject_kind = published.subject_kind
            and fingerprints.subject_id = published.subject_id
),

final as (
    select
        study_id,
        wave_id,
        reason,
        subject_kind,
        subject_id
    from compared
    where
        coalesce(to_fingerprint, '') <> coalesce(from_fingerprint, '')
        and exists (select 1 from published)
        -- as a build by plain dbt says, which nobody publishes
        and coalesce(to_fingerprint, '') <> 'unknown'
        -- another engine, or version of one, sums up the same data differently
        and (reason <> 'data' or not exists (select 1 from other_engine))
)

select * from final
