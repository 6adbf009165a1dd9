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
        coalesce(weight_id, '_Z') as weight_id,
        publication_rule_id,
        {{ to_number('ci_level') }} as ci_level,
        adjustment_method,
        coalesce(is_optional, 'false') = 'true' as is_optional
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
