-- depends_on: {{ ref('int_checks__problems') }}
-- Measures with the same rows share a base, which is summed once for all of them.
with

measure_bases as (
    select * from {{ ref('stg_codebook__measure_bases') }}
),

described as (
    select
        measure_id,
        string_agg(
            variable_id || '=' || category_code, ',' order by variable_id, category_code
        ) as description
    from measure_bases
    group by measure_id
),

named as (
    select
        measure_id,
        min(measure_id) over (partition by description) as base_id
    from described
),

final as (
    select
        -- keys
        measure_bases.measure_id,
        measure_bases.variable_id,
        measure_bases.category_code,

        -- the base, named after its first measure
        named.base_id
    from measure_bases
    inner join named
        on measure_bases.measure_id = named.measure_id
)

select * from final
