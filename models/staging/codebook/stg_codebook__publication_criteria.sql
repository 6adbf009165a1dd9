with

codebook as (
    select * from {{ ref('publication_criteria') }}
),

final as (
    select
        publication_rule_id,
        {{ to_integer('position') }} as position,
        applies_to,
        statistic,
        comparison,
        {{ to_number('threshold') }} as threshold,
        {{ to_boolean('holds_if_unknown') }} as holds_if_unknown,
        consequence,
        purpose,
        reason
    from codebook
)

select * from final
