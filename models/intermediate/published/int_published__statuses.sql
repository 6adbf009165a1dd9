-- depends_on: {{ ref('int_checks__problems') }}
with

statuses as (
    select * from {{ ref('stg_reference__observation_statuses') }}
),

final as (
    select
        observation_status,
        status_label
    from statuses
)

select * from final
