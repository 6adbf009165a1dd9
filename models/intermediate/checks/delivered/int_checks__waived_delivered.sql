with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

waived_columns as (
    select * from {{ ref('stg_codebook__waived_columns') }}
),

delivered_columns as (
    select * from {{ ref('int_checks__delivered_columns') }}
),

waived_by_wave as (
    {{ expand_validity('waived_columns', 'waves') | indent(4) }}
),

final as (
    select distinct
        delivered_columns.study_id,
        delivered_columns.wave_id,
        delivered_columns.source_column,
        waived_by_wave.source_column as waived_as
    from delivered_columns
    inner join waived_by_wave
        on
            delivered_columns.study_id = waived_by_wave.study_id
            and delivered_columns.wave_id = waived_by_wave.wave_id
            and {{ matches_waiver(
                'delivered_columns.source_column', 'waived_by_wave.source_column'
            ) }}
)

select * from final
