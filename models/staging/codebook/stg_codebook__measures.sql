with

codebook as (
    select * from {{ ref('measures') }}
),

final as (
    select
        measure_id,
        measure_label,
        measure_kind,
        variable_id,
        denominator_variable_id,
        variable_group_id,
        standard_population_id,
        {{ to_number('quantile') }} as quantile,
        publication_rule_id,
        base_id,
        base_description,
        weight_id,
        description
    from codebook
    where {{ is_not_left_out_measure('codebook.measure_id') }}
)

select * from final
