with

codebook as (
    select * from {{ ref('pooled_waves') }}
),

final as (
    select
        study_id,
        {{ to_integer('n_waves') }} as n_waves
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
