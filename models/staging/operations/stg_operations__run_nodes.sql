with

records as (
    {{ run_records('nodes', 'operations/nodes/*.jsonl') | indent(4) }}
),

final as (
    select
        -- keys
        json ->> 'run_id' as run_id,
        json ->> 'kind' as node_kind,
        json ->> 'node' as node,

        -- how it went
        json ->> 'status' as status,
        cast(json ->> 'seconds' as {{ type_number() }}) as seconds,
        cast(json ->> 'rows' as bigint) as n_rows,
        cast(json ->> 'failures' as bigint) as n_failures
    from records
    where (json ->> 'run_id') is not null
)

select * from final
