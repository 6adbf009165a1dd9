with

weighted_respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

final as (
    select
        -- keys
        respondent_key,
        weight_id,
        study_id,
        wave_id,

        -- weight
        weight
    from weighted_respondents
)

select * from final
