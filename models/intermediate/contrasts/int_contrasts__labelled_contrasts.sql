{{ config(materialized='view') }}
/*
    What the marts of contrasts show of one, whatever its kind. They add which waves or values are compared. Of
    contrasts between values of a segment `segment_code` is the one that is compared with the other.
*/
with

contrasts as (
    select * from {{ ref('int_contrasts__published_contrasts') }}
),

segment_pairs as (
    select * from {{ ref('int_comparisons__segment_pairs') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

category_labels as (
    select * from {{ ref('int_measures__categories') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

placed as (
    select
        contrasts.*,
        segment_pairs.reference_segment_code,
        coalesce(segment_pairs.segment_code, contrasts.contrast_code) as segment_code
    from contrasts
    left join segment_pairs
        on
            contrasts.contrast_kind = 'segment'
            and contrasts.segment_id = segment_pairs.segment_id
            and contrasts.contrast_code = segment_pairs.contrast_code
),

final as (
    select
        placed.*,
        measures.measure_label,
        measures.measure_kind,
        measures.variable_id,
        measures.subject_label as variable_label,
        category_labels.category_label,
        segment_values.segment_label,
        segment_values.segment_value_label
    from placed
    inner join measures
        on placed.measure_id = measures.measure_id
    inner join category_labels
        on
            placed.measure_id = category_labels.measure_id
            and placed.category_code = category_labels.category_code
    inner join segment_values
        on
            placed.segment_id = segment_values.segment_id
            and placed.segment_code = segment_values.segment_code
)

select * from final
