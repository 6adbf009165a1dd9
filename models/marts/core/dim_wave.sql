with

waves as (
    select * from {{ ref('int_dictionary__waves') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,

        -- labels and dates
        wave_number,
        wave_label,
        wave_date,
        fieldwork_start,
        fieldwork_end,

        -- sample and design
        sample_id,
        design_id,
        design_label,
        variance_method,
        lonely_psu,
        applies_fpc,
        degrees_of_freedom,

        -- size
        n_respondents
    from waves
)

select * from final
