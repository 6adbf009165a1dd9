with

codebook as (
    select * from {{ ref('publication_rules') }}
),

final as (
    select
        publication_rule_id,
        rule_label,
        description,
        source,
        share_ci_method,
        {{ to_number('protection_interval') }} as protection_interval,
        {{ to_integer('base_rounding') }} as base_rounding
    from codebook
)

select * from final
