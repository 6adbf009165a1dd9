with

codebook as (
    select * from {{ ref('studies') }}
),

final as (
    select
        study_id,
        study_label,
        description,
        universe,
        producer,
        citation,
        terms_of_use,
        publication_rule_id,
        {{ to_number('ci_level') }} as ci_level,
        adjustment_method
    from codebook
)

select * from final
