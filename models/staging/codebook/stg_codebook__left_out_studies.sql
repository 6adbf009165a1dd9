-- Optional studies of which nothing is landed. All other tables of the codebook leave their rows out.
with

studies as (
    select * from {{ ref('studies') }}
),

waves as (
    select * from {{ ref('waves') }}
),

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

present_studies as (
    select study_id
    from landed_files

    union distinct

    select study_id
    from waves
    where coalesce(delivered_as, 'seed') = 'seed'
),

final as (
    select studies.study_id
    from studies
    left join present_studies
        on studies.study_id = present_studies.study_id
    where
        studies.is_optional = 'true'
        and present_studies.study_id is null
)

select * from final
