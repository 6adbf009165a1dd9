with

records as (
    {{ run_records('runs', 'operations/runs/*.json') | indent(4) }}
),

final as (
    select
        -- keys
        {{ json_text('json', 'run_id') }} as run_id,
        {{ json_text('json', 'part_of') }} as part_of_run_id,

        -- what ran
        {{ json_text('json', 'command') }} as command,
        {{ json_text('json', 'target') }} as target,
        {{ json_text('json', 'study_id') }} as study_id,

        -- who began it, and why
        {{ json_text('json', 'trigger') }} as begun_by,
        {{ json_text('json', 'who') }} as who,
        {{ json_text('json', 'why') }} as why,

        -- how it went
        {{ json_text('json', 'status') }} as status,
        {{ json_text('json', 'message') }} as message,
        cast({{ json_text('json', 'started_at') }} as {{ dbt.type_timestamp() }}) as started_at,
        cast({{ json_text('json', 'ended_at') }} as {{ dbt.type_timestamp() }}) as ended_at,
        cast({{ json_text('json', 'seconds') }} as {{ type_number() }}) as seconds,
        cast({{ json_text('json', 'processor_seconds') }} as {{ type_number() }})
            as processor_seconds,
        cast({{ json_text('json', 'peak_memory_mb') }} as {{ type_number() }}) as peak_memory_mb,

        -- what it made and found
        {{ json_text('json', 'release_id') }} as release_id,
        {{ json_text('json', 'previous_release_id') }} as previous_release_id,
        {{ json_text('json', 'input_fingerprint') }} as input_fingerprint,
        {{ json_text('json', 'method_fingerprint') }} as method_fingerprint,
        cast({{ json_text('json', 'n_tables') }} as bigint) as n_tables,
        cast({{ json_text('json', 'n_rows') }} as bigint) as n_rows,
        cast({{ json_text('json', 'n_nodes') }} as bigint) as n_nodes,
        cast({{ json_text('json', 'n_tests') }} as bigint) as n_tests,
        cast({{ json_text('json', 'n_failed_tests') }} as bigint) as n_failed_tests,
        cast({{ json_text('json', 'n_warned_tests') }} as bigint) as n_warned_tests,
        cast({{ json_text('json', 'n_findings') }} as bigint) as n_findings,
        cast({{ json_text('json', 'n_hard_findings') }} as bigint) as n_hard_findings,

        -- versions
        {{ json_text('json', 'versions', 'wavehouse') }} as wavehouse_version,
        {{ json_text('json', 'versions', 'dbt-core') }} as dbt_version,
        {{ json_text('json', 'versions', 'duckdb') }} as duckdb_version,
        {{ json_text('json', 'versions', 'python') }} as python_version
    from records
    -- those that still run are of a later build, as is what cannot be read
    where
        {{ json_text('json', 'status') }} != 'running'
        and {{ json_text('json', 'run_id') }} is not null
)

select * from final
