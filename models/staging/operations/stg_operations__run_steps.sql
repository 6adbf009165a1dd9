with

records as (
    {{ run_records('runs', 'operations/runs/*.json') | indent(4) }}
),

steps as (
    select
        {{ json_text('json', 'run_id') }} as run_id,
        {{ json_elements('json', 'steps') }} as step
    from records
    where
        {{ json_text('json', 'status') }} != 'running'
        and {{ json_text('json', 'run_id') }} is not null
),

final as (
    select
        -- keys
        run_id,
        cast({{ json_text('step', 'number') }} as integer) as step_number,

        -- what it was and how it went
        {{ json_text('step', 'step') }} as step,
        {{ json_text('step', 'status') }} as status,
        cast({{ json_text('step', 'started_at') }} as {{ dbt.type_timestamp() }}) as started_at,
        cast({{ json_text('step', 'seconds') }} as {{ type_number() }}) as seconds,
        cast({{ json_text('step', 'rows') }} as bigint) as n_rows
    from steps
)

select * from final
