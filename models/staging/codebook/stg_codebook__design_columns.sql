with

codebook as (
    select * from {{ ref('design_columns') }}
),

final as (
    select
        design_id,
        design_role,
        coalesce(weight_id, '_Z') as weight_id,
        {{ to_integer('position') }} as position,
        source_column,
        {{ to_number('replicate_factor') }} as replicate_factor
    from codebook
)

select * from final
