/*
    What figures follow from, as fingerprints that differ when it does: the reasons that a figure may be revised for.
    1. `data`: what a wave delivered. Engines sum it up in their own way, so only builds of one engine are compared.
    2. `codebook`: what it says of a wave, a measure, a segment.
    3. `break`: the breaks that a variable's series crosses at a wave.
    4. `method`: SQL, settings and versions (`method_fingerprint`), and the engine.
*/
with

delivered as (
    select * from {{ ref('int_delivered__waves') }}
),

codebook as (
    select * from {{ ref('int_revisions__codebook') }}
),

breaks as (
    select * from {{ ref('int_comparisons__variable_breaks') }}
),

united as (
    select
        study_id,
        wave_id,
        'data' as reason,
        'wave' as subject_kind,
        wave_id as subject_id,
        content_digest as fingerprint
    from delivered

    union all

    select
        study_id,
        wave_id,
        'codebook' as reason,
        subject_kind,
        subject_id,
        fingerprint
    from codebook

    union all

    select
        study_id,
        wave_id,
        'break' as reason,
        'variable' as subject_kind,
        variable_id as subject_id,
        {{ dbt.hash(
            joined_in_order("break_id || ' ' || break_kind || ' ' || severity", "','", 'break_id')
        ) | indent(8) }} as fingerprint
    from breaks
    group by
        study_id,
        wave_id,
        variable_id

    union all

    select
        '_Z' as study_id,
        '_Z' as wave_id,
        'method' as reason,
        'all' as subject_kind,
        '_T' as subject_id,
        {{ sql_text(method_fingerprint()) }} as fingerprint

    union all

    select
        '_Z' as study_id,
        '_Z' as wave_id,
        'method' as reason,
        'engine' as subject_kind,
        '_T' as subject_id,
        {{ dbt.hash('version()') }} as fingerprint
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        reason,
        subject_kind,
        subject_id,

        -- what it is
        fingerprint
    from united
)

select * from final
