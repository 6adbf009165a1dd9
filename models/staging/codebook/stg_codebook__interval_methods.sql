with

codebook as (
    select * from {{ ref('interval_methods') }}
),

final as (
    select
        publication_rule_id,
        measure_kind,
        ci_method
    from codebook
)

select * from final
