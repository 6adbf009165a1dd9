-- depends_on: {{ ref('int_checks__problems') }}
with

requests as (
    select * from {{ ref('stg_operations__requests') }}
),

final as (
    select
        -- keys
        request_digest,
        log_file,

        -- who asked for what
        asked_at,
        audience_id,
        key_id,
        method,
        route,
        release_id,
        delivery_id,

        -- what came of it
        status,
        n_rows,
        seconds,
        is_erased
    from requests
)

select * from final
