with

records as (
    {{ run_records('runs', 'operations/runs/*.json') | indent(4) }}
),

steps as (
    select
        json ->> 'run_id' as run_id,
        {{ json_elements("json -> 'steps'") }} as step
    from records
    where (json ->> 'status') != 'running' and (json ->> 'run_id') is not null
),

final as (
    select
        -- keys
        run_id,
        cast(step ->> 'number' as integer) as step_number,

        -- what it was and how it went
        step ->> 'step' as step,
        step ->> 'status' as status,
        cast(step ->> 'started_at' as {{ dbt.type_timestamp() }}) as started_at,
        cast(step ->> 'seconds' as {{ type_number() }}) as seconds,
        cast(step ->> 'rows' as bigint) as n_rows
    from steps
)

select * from final
