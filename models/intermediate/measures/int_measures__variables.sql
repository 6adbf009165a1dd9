/*
    Variables whose answers are summed as they are, because a measure is a score of one of them, for each base. Measures
    that need several answers of a person (int_measures__values) are summed by themselves.
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

final as (
    select
        -- keys
        {{ integer_key(['variables.variable_id', 'measures.base_id']) }} as variable_key,
        variables.variable_id,
        measures.base_id,

        -- how their answers are summed
        -- the middle of the declared range; zero for categories and open ranges
        coalesce(max((variables.lower_bound + variables.upper_bound) / 2), 0) as origin,
        -- quantiles need the sums of each value
        max(case when measures.measure_kind = 'quantile' then 1 else 0 end) = 1 as keeps_values
    from measures
    inner join variables
        on measures.variable_id = variables.variable_id
    where
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'quantile', 'total')
        and measures.standard_population_id is null
    group by
        variables.variable_id,
        measures.base_id
)

select * from final
