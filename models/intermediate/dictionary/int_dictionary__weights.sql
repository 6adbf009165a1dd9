-- depends_on: {{ ref('int_checks__problems') }}
with

weights as (
    select * from {{ ref('stg_codebook__weights') }}
),

final as (
    select
        weight_id,
        weight_label,
        description as weight_description
    from weights

    union all

    select
        '_Z' as weight_id,
        'The only weight of the study' as weight_label,
        'The only weight of a study, without a name; 1 for everybody where it has none.'
            as weight_description
)

select * from final
