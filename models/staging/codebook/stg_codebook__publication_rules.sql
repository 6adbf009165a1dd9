-- Rules of the project, and those of the library whose ids the project has not taken for its own.
with

codebook as (
    select * from {{ ref('publication_rules') }}
),

library as (
    select * from {{ ref('library_publication_rules') }}
),

united as (
    select
        codebook.publication_rule_id,
        codebook.rule_label,
        codebook.description,
        codebook.source,
        codebook.share_ci_method,
        codebook.protection_interval,
        codebook.base_rounding
    from codebook

    union all

    select
        library.publication_rule_id,
        library.rule_label,
        library.description,
        library.source,
        library.share_ci_method,
        library.protection_interval,
        library.base_rounding
    from library
    left join codebook
        on library.publication_rule_id = codebook.publication_rule_id
    where codebook.publication_rule_id is null
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
    from united
)

select * from final
