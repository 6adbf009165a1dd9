-- depends_on: {{ ref('int_checks__problems') }}
with

runs as (
    select * from {{ ref('stg_operations__runs') }}
),

final as (
    select
        -- keys
        run_id,
        part_of_run_id,

        -- what ran
        command,
        target,
        study_id,

        -- who began it, and why
        begun_by,
        who,
        why,

        -- how it went
        status,
        message,
        started_at,
        ended_at,
        seconds,
        processor_seconds,
        peak_memory_mb,

        -- what it made and found
        release_id,
        previous_release_id,
        input_fingerprint,
        method_fingerprint,
        n_tables,
        n_rows,
        n_nodes,
        n_tests,
        n_failed_tests,
        n_warned_tests,
        n_findings,
        n_hard_findings,

        -- versions
        wavehouse_version,
        dbt_version,
        duckdb_version,
        python_version
    from runs
)

select * from final
