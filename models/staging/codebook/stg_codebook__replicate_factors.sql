with

codebook as (
    select * from {{ ref('replicate_factors') }}
),

final as (
    select
        design_id,
        {{ to_integer('position') }} as position,
        {{ to_number('replicate_factor') }} as replicate_factor
    from codebook
)

select * from final
