-- depends_on: {{ ref('int_checks__problems') }}
-- The replicates of each design with replicate weights: what each counts in a variance.
with

designs as (
    select *
    from {{ ref('stg_codebook__designs') }}
    where variance_method <> 'taylor'
),

replicate_columns as (
    select
        *,
        count(*) over (partition by design_id, weight_id) as n_replicates
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'replicate_weight'
),

final as (
    select
        -- keys
        replicate_columns.design_id,
        replicate_columns.weight_id,
        cast(replicate_columns.position as {{ dbt.type_string() }}) as psu_id,

        -- what it counts, and what it deviates from
        coalesce(replicate_columns.replicate_factor, 1) * coalesce(
            designs.replicate_scale,
            {{ replicate_scale(
                'designs.variance_method', 'replicate_columns.n_replicates'
            ) | indent(12) }}
        ) as replicate_factor,
        coalesce(designs.replicate_centre, 'full_sample') as replicate_centre
    from replicate_columns
    inner join designs
        on replicate_columns.design_id = designs.design_id
)

select * from final
