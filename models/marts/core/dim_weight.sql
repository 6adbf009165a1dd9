with

weights as (
    select * from {{ ref('int_dictionary__weights') }}
),

final as (
    select
        -- key
        weight_id,

        -- labels
        weight_label,
        weight_description
    from weights
)

select * from final
