with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

final as (
    select
        study_id,
        wave_id,
        source_column,
        'seeds/codebook/questions.csv' as declared_in
    from questions
    -- sums have no column of their own
    where source_column is not null

    union distinct

    select
        waves.study_id,
        waves.wave_id,
        design_columns.source_column,
        'seeds/codebook/design_columns.csv' as declared_in
    from waves
    inner join design_columns
        on waves.design_id = design_columns.design_id
)

select * from final
