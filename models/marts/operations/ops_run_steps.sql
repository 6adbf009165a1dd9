-- depends_on: {{ ref('int_checks__problems') }}
with

steps as (
    select * from {{ ref('stg_operations__run_steps') }}
),

final as (
    select
        -- keys
        run_id,
        step_number,

        -- what it was and how it went
        step,
        status,
        started_at,
        seconds,
        n_rows
    from steps
)

select * from final
