with

records as (
    {{ run_records('nodes', 'operations/nodes/*.jsonl') | indent(4) }}
),

final as (
    select
        -- keys
        {{ json_text('json', 'run_id') }} as run_id,
        {{ json_text('json', 'kind') }} as node_kind,
        {{ json_text('json', 'node') }} as node,

        -- how it went
        {{ json_text('json', 'status') }} as status,
        cast({{ json_text('json', 'seconds') }} as {{ type_number() }}) as seconds,
        cast({{ json_text('json', 'rows') }} as bigint) as n_rows,
        cast({{ json_text('json', 'failures') }} as bigint) as n_failures
    from records
    where {{ json_text('json', 'run_id') }} is not null
)

select * from final
