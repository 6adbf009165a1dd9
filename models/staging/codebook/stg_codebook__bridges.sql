with

codebook as (
    select * from {{ ref('bridges') }}
),

final as (
    select
        break_id,
        measure_id,
        {{ to_number('bridge_factor') }} as bridge_factor,
        {{ to_number('standard_error') }} as standard_error,
        source
    from codebook
    where {{ is_not_left_out_measure('codebook.measure_id') }}
)

select * from final
