with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

landed_columns as (
    select * from {{ ref('stg_landing__columns') }}
),

final as (
    select
        study_id,
        wave_id,
        source_column
    from codes

    union distinct

    -- of landed waves only the columns that the codebook names are read
    select
        landed_columns.study_id,
        landed_columns.wave_id,
        landed_columns.source_column
    from landed_columns
    inner join waves
        on
            landed_columns.study_id = waves.study_id
            and landed_columns.wave_id = waves.wave_id
    where waves.delivered_as = 'landing'
)

select * from final
