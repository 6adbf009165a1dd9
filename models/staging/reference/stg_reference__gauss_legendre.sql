with

reference as (
    select * from {{ ref('gauss_legendre') }}
),

final as (
    select
        {{ to_integer('node_number') }} as node_number,
        {{ to_number('node') }} as node,
        {{ to_number('node_weight') }} as node_weight
    from reference
)

select * from final
