with

codebook as (
    select * from {{ ref('waves') }}
),

final as (
    select
        study_id,
        wave_id,
        {{ to_integer('wave_number') }} as wave_number,
        wave_label,
        {{ to_date('wave_date') }} as wave_date,
        {{ to_date('fieldwork_start') }} as fieldwork_start,
        {{ to_date('fieldwork_end') }} as fieldwork_end,
        design_id,
        sample_id,
        {{ to_integer('expected_respondents') }} as expected_respondents,
        coalesce(delivered_as, 'seed') as delivered_as,
        shares_date_with
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
