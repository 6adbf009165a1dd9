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
        cast({{ json_text('payload', 'at') }} as {{ dbt.type_timestamp() }}) as asked_at,
        {{ json_text('payload', 'audience') }} as audience_id,
        {{ json_text('payload', 'key') }} as key_id,
        case
            when
                {{ json_text('payload', 'method') }}
                in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
                then {{ json_text('payload', 'method') }}
        end as method,
        {{ json_text('payload', 'route') }} as route,
        {{ json_text('payload', 'release') }} as release_id,
        {{ json_text('payload', 'delivery') }} as delivery_id,

        -- what came of it
        cast({{ json_text('payload', 'status') }} as integer) as status,
        cast({{ json_text('payload', 'rows') }} as bigint) as n_rows,
        cast({{ json_text('payload', 'milliseconds') }} as {{ type_number() }}) / 1000 as seconds,
        payload is null as is_erased
    from requests
    -- what is no line of the log is told by `wavehouse audit verify`
    where digest is not null
)

select * from final
