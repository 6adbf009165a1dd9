-- 1. Who asked, and what kind of thing, but not what was asked: addresses are free texts, and may name a person.
-- 2. The method is free text as well, so others than those of HTTP are left out.
with

requests as (
    {{ requests_of_log() | indent(4) }}
),

final as (
    select
        -- keys
        digest as request_digest,
        log_file,

        -- who asked for what
        cast(payload ->> 'at' as {{ dbt.type_timestamp() }}) as asked_at,
        payload ->> 'audience' as audience_id,
        payload ->> 'key' as key_id,
        case
            when
                (payload ->> 'method')
                in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
                then payload ->> 'method'
        end as method,
        payload ->> 'route' as route,
        payload ->> 'release' as release_id,
        payload ->> 'delivery' as delivery_id,

        -- what came of it
        cast(payload ->> 'status' as integer) as status,
        cast(payload ->> 'rows' as bigint) as n_rows,
        cast(payload ->> 'milliseconds' as {{ type_number() }}) / 1000 as seconds,
        payload is null as is_erased
    from requests
    -- what is no line of the log is told by `wavehouse audit verify`
    where digest is not null
)

select * from final
