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
        coalesce(variance_method, 'taylor') as variance_method,
        {{ to_number('replicate_scale') }} as replicate_scale,
        replicate_centre,
        {{ to_integer('declared_degrees_of_freedom') }} as declared_degrees_of_freedom,
        coalesce(period_psus, 'all') as period_psus,
        coalesce(psu_numbering, 'unique') as psu_numbering,
        description
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
