with

codebook as (
    select * from {{ ref('scores') }}
),

final as (
    select
        score_id,
        category_code,
        {{ to_number('score') }} as score
    from codebook
)

select * from final
