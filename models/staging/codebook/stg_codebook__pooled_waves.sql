with

codebook as (
    select * from {{ ref('periods') }}
),

final as (
    select
        study_id,
        {{ to_integer('n_waves') }} as n_waves
    from codebook
    where
        period_kind = 'pooled_waves'
        and {{ is_not_left_out('codebook.study_id') }}
)

select * from final
