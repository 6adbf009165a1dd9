with

codebook as (
    select * from {{ ref('pooled_waves') }}
),

final as (
    select
        study_id,
        {{ to_integer('n_waves') }} as n_waves
    from codebook
)

select * from final
