with

codebook as (
    select * from {{ ref('design_columns') }}
),

final as (
    select
        design_id,
        design_role,
        {{ to_integer('position') }} as position,
        source_column
    from codebook
)

select * from final
