-- depends_on: {{ ref('int_checks__problems') }}
/*
    Each sample of a period with each of its replicates, where the design has replicate weights.
*/
with

strata as (
    select *
    from {{ ref('int_design__strata') }}
    where is_replicate
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design_columns as (
    select *
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'replicate_weight'
),

factors as (
    select * from {{ ref('stg_codebook__replicate_factors') }}
),

final as (
    select
        -- keys
        strata.study_id,
        strata.wave_id,
        strata.period_grain,
        strata.period_start,
        strata.sample_id,
        cast(design_columns.position as {{ dbt.type_string() }}) as psu_id,

        -- how its deviation counts
        coalesce(factors.replicate_factor, 1) * coalesce(
            designs.replicate_scale,
            {{ replicate_scale('designs.variance_method', 'strata.n_psus') | indent(12) }}
        ) as replicate_factor,
        coalesce(designs.replicate_centre, 'full_sample') as replicate_centre
    from strata
    inner join designs
        on strata.design_id = designs.design_id
    inner join design_columns
        on strata.design_id = design_columns.design_id
    left join factors
        on
            strata.design_id = factors.design_id
            and design_columns.position = factors.position
)

select * from final
