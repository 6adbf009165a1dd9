{{ config(materialized='view') }}
/*
    Studies in which a figure is suppressed for confidentiality, now or in the published release. Of these no earlier figure
    is told: an old and a new one together could tell what each release suppresses.
*/
with

built as (
    select * from {{ ref('int_revisions__built_estimates') }}
),

published as (
    select * from {{ ref('int_revisions__published_estimates') }}
),

final as (
    select study_id
    from built
    where confidentiality_status <> 'F'

    union distinct

    select study_id
    from published
    where confidentiality_status <> 'F'
)

select * from final
