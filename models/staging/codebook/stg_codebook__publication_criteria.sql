-- Criteria of the rules of the project, and of those rules of the library that are in no other form there.
with

codebook as (
    select * from {{ ref('publication_criteria') }}
),

codebook_rules as (
    select * from {{ ref('publication_rules') }}
),

library as (
    select * from {{ ref('library_publication_criteria') }}
),

united as (
    select * from codebook
    union all
    select * from library
    where library.publication_rule_id not in (
        select codebook_rules.publication_rule_id
        from codebook_rules
        where codebook_rules.publication_rule_id is not null
    )
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
    from united
)

select * from final
