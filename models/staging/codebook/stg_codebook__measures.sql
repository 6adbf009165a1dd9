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
        base_description,
        description,
        publication_rule_id
    from codebook
)

select * from final
