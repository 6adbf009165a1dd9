with

codebook as (
    select * from {{ ref('publication_rules') }}
),

final as (
    select
        publication_rule_id,
        rule_label,
        description,
        source
    from codebook
)

select * from final
