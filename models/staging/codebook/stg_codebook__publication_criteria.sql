with

codebook as (
    select * from {{ ref('publication_criteria') }}
),

final as (
    select
        publication_rule_id,
        {{ to_integer('position') }} as position,
        statistic,
        {{ to_number('threshold') }} as threshold,
        consequence
    from codebook
)

select * from final
