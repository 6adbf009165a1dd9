-- depends_on: {{ ref('int_checks__problems') }}
with

nodes as (
    select * from {{ ref('stg_operations__run_nodes') }}
),

runs as (
    select * from {{ ref('ops_runs') }}
),

final as (
    select
        -- keys
        nodes.run_id,
        nodes.node as test_name,

        -- how it went
        nodes.status,
        nodes.n_failures,
        nodes.seconds
    from nodes
    -- of a run that still goes on, only what dbt ran before is known
    inner join runs on nodes.run_id = runs.run_id
    where nodes.node_kind = 'test'
)

select * from final
