-- Rules of the project, and those of the library whose ids the project has not taken for its own.
with

codebook as (
    select * from {{ ref('publication_rules') }}
),

library as (
    select * from {{ ref('library_publication_rules') }}
),

united as (
    select * from codebook
    union all
    select * from library
    where library.publication_rule_id not in (
        select codebook.publication_rule_id
        from codebook
        where codebook.publication_rule_id is not null
    )
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
