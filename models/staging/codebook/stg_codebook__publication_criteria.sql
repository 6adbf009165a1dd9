-- Criteria of the rules of the project, and those of the rules of the library whose ids the project has not taken.
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
    select
        codebook.publication_rule_id,
        codebook.position,
        codebook.applies_to,
        codebook.statistic,
        codebook.comparison,
        codebook.threshold,
        codebook.holds_if_unknown,
        codebook.consequence,
        codebook.purpose,
        codebook.reason
    from codebook

    union all

    select
        library.publication_rule_id,
        library.position,
        library.applies_to,
        library.statistic,
        library.comparison,
        library.threshold,
        library.holds_if_unknown,
        library.consequence,
        library.purpose,
        library.reason
    from library
    left join codebook_rules
        on library.publication_rule_id = codebook_rules.publication_rule_id
    where codebook_rules.publication_rule_id is null
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
