-- depends_on: {{ ref('int_checks__problems') }}
with

segment_contrasts as (
    select * from {{ ref('stg_codebook__segment_contrasts') }}
),

final as (
    select
        segment_id,
        segment_code || '-' || reference_segment_code as contrast_code,
        segment_code,
        reference_segment_code
    from segment_contrasts
)

select * from final
