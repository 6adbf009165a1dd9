with

codebook as (
    select * from {{ ref('designs') }}
),

final as (
    select
        design_id,
        study_id,
        design_label,
        lonely_psu,
        {{ to_boolean('applies_fpc') }} as applies_fpc,
        {{ to_boolean('allows_zero_weights') }} as allows_zero_weights,
        description
    from codebook
)

select * from final
