with

reference as (
    select * from {{ ref('observation_statuses') }}
),

final as (
    select
        observation_status,
        status_label,
        {{ to_integer('priority') }} as priority,
        description
    from reference
)

select * from final
