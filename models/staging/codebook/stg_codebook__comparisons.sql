with

codebook as (
    select * from {{ ref('comparisons') }}
),

final as (
    select
        study_id,
        comparison_id,
        comparison_kind,
        base_wave_id
    from codebook
    where
        comparison_kind <> 'index'
        and {{ is_not_left_out('codebook.study_id') }}
)

select * from final
