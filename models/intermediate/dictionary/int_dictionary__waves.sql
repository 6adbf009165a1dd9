with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design as (
    select *
    from {{ ref('int_design__waves') }}
    where is_default_weight
),

final as (
    select
        -- keys
        waves.study_id,
        waves.wave_id,

        -- labels and dates
        waves.wave_number,
        waves.wave_label,
        waves.wave_date,
        waves.fieldwork_start,
        waves.fieldwork_end,

        -- sample and design
        waves.sample_id,
        waves.design_id,
        designs.design_label,
        designs.variance_method,
        designs.lonely_psu,
        designs.applies_fpc,
        design.degrees_of_freedom,

        -- size
        waves.expected_respondents,
        design.n_loaded as n_respondents
    from waves
    inner join designs
        on waves.design_id = designs.design_id
    inner join design
        on
            waves.study_id = design.study_id
            and waves.wave_id = design.wave_id
)

select * from final
