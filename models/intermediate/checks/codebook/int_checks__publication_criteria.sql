with

publication_criteria as (
    select * from {{ ref('stg_codebook__publication_criteria') }}
),

final as (
    select
        {{ problem_columns(
            check_id='criterion_purpose',
            file=codebook_file('publication_criteria'),
            column_name="'consequence'",
            source_code="publication_rule_id || ', ' || cast(position as " ~ dbt.type_string() ~ ")",
            problem="'A criterion of confidentiality can only suppress; it cannot mark or accept.'",
            remedy="'Set its consequence to suppress, or its purpose to reliability.'"
        ) | indent(8) }}
    from publication_criteria
    where
        purpose = 'confidentiality'
        and consequence in ('caution', 'review', 'accept')
)

select * from final
