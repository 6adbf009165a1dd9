with

records as (
    {{ run_records('runs', 'operations/runs/*.json') | indent(4) }}
),

final as (
    select
        -- keys
        json ->> 'run_id' as run_id,
        json ->> 'part_of' as part_of_run_id,

        -- what ran
        json ->> 'command' as command,
        json ->> 'target' as target,
        json ->> 'study_id' as study_id,

        -- who began it, and why
        json ->> 'trigger' as begun_by,
        json ->> 'who' as who,
        json ->> 'why' as why,

        -- how it went
        json ->> 'status' as status,
        json ->> 'message' as message,
        cast(json ->> 'started_at' as {{ dbt.type_timestamp() }}) as started_at,
        cast(json ->> 'ended_at' as {{ dbt.type_timestamp() }}) as ended_at,
        cast(json ->> 'seconds' as {{ type_number() }}) as seconds,
        cast(json ->> 'processor_seconds' as {{ type_number() }}) as processor_seconds,
        cast(json ->> 'peak_memory_mb' as {{ type_number() }}) as peak_memory_mb,

        -- what it made and found
        json ->> 'release_id' as release_id,
        json ->> 'previous_release_id' as previous_release_id,
        json ->> 'input_fingerprint' as input_fingerprint,
        json ->> 'method_fingerprint' as method_fingerprint,
        cast(json ->> 'n_tables' as bigint) as n_tables,
        cast(json ->> 'n_rows' as bigint) as n_rows,
        cast(json ->> 'n_nodes' as bigint) as n_nodes,
        cast(json ->> 'n_tests' as bigint) as n_tests,
        cast(json ->> 'n_failed_tests' as bigint) as n_failed_tests,
        cast(json ->> 'n_warned_tests' as bigint) as n_warned_tests,
        cast(json ->> 'n_findings' as bigint) as n_findings,
        cast(json ->> 'n_hard_findings' as bigint) as n_hard_findings,

        -- versions
        json -> 'versions' ->> 'wavehouse' as wavehouse_version,
        json -> 'versions' ->> 'dbt-core' as dbt_version,
        json -> 'versions' ->> 'duckdb' as duckdb_version,
        json -> 'versions' ->> 'python' as python_version
    from records
    -- those that still run are of a later build, as is what cannot be read
    where (json ->> 'status') != 'running' and (json ->> 'run_id') is not null
)

select * from final
