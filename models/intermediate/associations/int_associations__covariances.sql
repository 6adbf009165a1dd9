/*
    Covariances of the cells' deviations from independence, each divided by the root of its cell's share, so
    that for a simple random sample of n people they would be 1/n times a projection.
*/
with

vectors as (
    select * from {{ ref('int_associations__vectors') }}
),

residuals as (
    select * from {{ ref('int_associations__residuals') }}
),

deviations as (
    select
        residuals.study_id,
        residuals.wave_id,
        residuals.measure_id,
        residuals.segment_id,
        vectors.stratum_id,
        vectors.vector_kind,
        vectors.vector_id,
        residuals.category_code,
        residuals.segment_code,
        vectors.factor,
        sqrt(residuals.cell_share) * sum(residuals.residual * vectors.weight_share) as deviation
    from vectors
    inner join residuals
        on
            vectors.study_id = residuals.study_id
            and vectors.wave_id = residuals.wave_id
            and vectors.measure_id = residuals.measure_id
            and vectors.segment_id = residuals.segment_id
            and vectors.category_code = residuals.to_category_code
            and vectors.segment_code = residuals.to_segment_code
    group by
        residuals.study_id,
        residuals.wave_id,
        residuals.measure_id,
        residuals.segment_id,
        vectors.stratum_id,
        vectors.vector_kind,
        vectors.vector_id,
        residuals.category_code,
        residuals.segment_code,
        residuals.cell_share,
        vectors.factor
),

final as (
    select
        -- keys
        deviations.study_id,
        deviations.wave_id,
        deviations.measure_id,
        deviations.segment_id,
        deviations.category_code,
        deviations.segment_code,
        others.category_code as other_category_code,
        others.segment_code as other_segment_code,

        sum(deviations.factor * deviations.deviation * others.deviation) as covariance,
        sum(abs(deviations.factor * deviations.deviation * others.deviation)) as size_of_terms
    from deviations
    inner join deviations as others
        on
            deviations.study_id = others.study_id
            and deviations.wave_id = others.wave_id
            and deviations.measure_id = others.measure_id
            and deviations.segment_id = others.segment_id
            and deviations.stratum_id = others.stratum_id
            and deviations.vector_kind = others.vector_kind
            and deviations.vector_id = others.vector_id
    group by
        deviations.study_id,
        deviations.wave_id,
        deviations.measure_id,
        deviations.segment_id,
        deviations.category_code,
        deviations.segment_code,
        others.category_code,
        others.segment_code
)

select * from final
