/*
    Everything that is compared, as a sum of estimates times coefficients: one row per contrast and estimate.
    1. `value_part` is what the estimate adds to the contrast's value, `coefficient` the derivative by it; they
       differ only for indices, which are no sums.
    2. `change`: later less earlier wave. `index`: 100 times the ratio to the base wave. `segment`: one value of a
       segment less another. `slope`: see int_contrasts__slope_terms.
    3. Where a bridge lies between the waves, estimates before it are multiplied with its factor.
    4. `set_wave_id` names the waves involved, and `contrast_code` the value or values of the segment.
*/
with

wave_pairs as (
    select * from {{ ref('int_comparisons__wave_pairs') }}
),

index_pairs as (
    select * from {{ ref('int_comparisons__index_pairs') }}
),

bridge_factors as (
    select * from {{ ref('int_comparisons__bridge_factors') }}
),

segment_contrasts as (
    select * from {{ ref('stg_codebook__segment_contrasts') }}
),

slope_terms as (
    select * from {{ ref('int_contrasts__slope_terms') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

statistics as (
    select *
    from {{ ref('int_estimates__estimates') }}
    where period_grain = 'wave'
),

-- a wave and the one that it is compared with
pairs as (
    select distinct
        'change' as contrast_kind,
        study_id,
        measure_id,
        wave_set_id,
        to_wave_id as wave_id,
        from_wave_id as base_wave_id
    from wave_pairs

    union all

    select
        'index' as contrast_kind,
        study_id,
        measure_id,
        wave_set_id,
        wave_id,
        base_wave_id
    from index_pairs
),

paired as (
    select
        pairs.contrast_kind,
        pairs.study_id,
        pairs.wave_set_id as set_wave_id,
        pairs.measure_id,
        compared.category_code,
        compared.segment_id,
        compared.segment_code as contrast_code,
        compared.cell_key,
        base.cell_key as base_cell_key,
        compared.estimate,
        base.estimate as base_estimate,
        -- of the two, the one that comes first in time is bridged
        coalesce(bridges.bridge_factor, 1) as factor,
        coalesce(base_bridges.bridge_factor, 1) as base_factor
    from pairs
    inner join statistics as compared
        on
            pairs.study_id = compared.study_id
            and pairs.wave_id = compared.wave_id
            and pairs.measure_id = compared.measure_id
    inner join statistics as base
        on
            pairs.study_id = base.study_id
            and pairs.base_wave_id = base.wave_id
            and compared.measure_id = base.measure_id
            and compared.category_code = base.category_code
            and compared.segment_id = base.segment_id
            and compared.segment_code = base.segment_code
    left join bridge_factors as bridges
        on
            pairs.study_id = bridges.study_id
            and pairs.measure_id = bridges.measure_id
            and pairs.wave_id = bridges.earlier_wave_id
            and pairs.base_wave_id = bridges.later_wave_id
    left join bridge_factors as base_bridges
        on
            pairs.study_id = base_bridges.study_id
            and pairs.measure_id = base_bridges.measure_id
            and pairs.base_wave_id = base_bridges.earlier_wave_id
            and pairs.wave_id = base_bridges.later_wave_id
    where
        pairs.contrast_kind = 'change'
        -- relative to nothing, or to a balance below zero, there is no index
        or base.estimate > 0
),

segment_pairs as (
    select
        'segment' as contrast_kind,
        compared.study_id,
        compared.wave_id as set_wave_id,
        compared.measure_id,
        compared.category_code,
        compared.segment_id,
        compared.segment_code || '-' || reference.segment_code as contrast_code,
        compared.cell_key,
        reference.cell_key as base_cell_key,
        compared.estimate,
        reference.estimate as base_estimate,
        1 as factor,
        1 as base_factor
    from segment_contrasts
    inner join statistics as compared
        on
            segment_contrasts.segment_id = compared.segment_id
            and segment_contrasts.segment_code = compared.segment_code
    inner join statistics as reference
        on
            segment_contrasts.segment_id = reference.segment_id
            and segment_contrasts.reference_segment_code = reference.segment_code
            and compared.study_id = reference.study_id
            and compared.wave_id = reference.wave_id
            and compared.measure_id = reference.measure_id
            and compared.category_code = reference.category_code
),

all_pairs as (
    select * from paired
    union all
    select * from segment_pairs
),

united as (
    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        cell_key,
        case
            when contrast_kind = 'index'
                then 100 * (factor / base_factor) * estimate / base_estimate
            else factor * estimate
        end as value_part,
        cast(
            case
                when contrast_kind = 'index' then 100 * (factor / base_factor) / base_estimate
                else factor
            end as {{ type_number() }}
        ) as coefficient
    from all_pairs

    union all

    select
        contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        base_cell_key as cell_key,
        case when contrast_kind = 'index' then 0 else -base_factor * base_estimate end
            as value_part,
        cast(
            case
                when contrast_kind = 'index'
                    then
                        -100 * (factor / base_factor) * estimate / base_estimate / base_estimate
                else -base_factor
            end as {{ type_number() }}
        ) as coefficient
    from all_pairs

    union all

    select
        'slope' as contrast_kind,
        study_id,
        set_wave_id,
        measure_id,
        category_code,
        segment_id,
        contrast_code,
        cell_key,
        value_part,
        coefficient
    from slope_terms
),

keyed as (
    select
        *,
        {{ integer_key([
            'contrast_kind', 'study_id', 'set_wave_id', 'measure_id', 'category_code', 'segment_id',
            'contrast_code'
        ]) | indent(8) }} as contrast_key
    from united
),

final as (
    select
        -- keys
        keyed.contrast_key,
        keyed.contrast_kind,
        keyed.study_id,
        keyed.set_wave_id,
        keyed.measure_id,
        keyed.category_code,
        keyed.segment_id,
        keyed.contrast_code,
        keyed.cell_key,
        statistics.wave_id,

        -- design: where the waves of one sample are looked at together
        case when keyed.contrast_kind = 'segment' then 'wave' else 'wave_set' end as set_grain,
        waves.sample_id,

        -- what the estimate adds
        keyed.value_part,
        keyed.coefficient,
        statistics.influence_scale,
        statistics.estimate,
        statistics.variance,

        -- estimates of one sample have covariances
        count(*) over (partition by keyed.contrast_key, waves.sample_id) as n_estimates
    from keyed
    inner join statistics
        on keyed.cell_key = statistics.cell_key
    inner join waves
        on
            statistics.study_id = waves.study_id
            and statistics.wave_id = waves.wave_id
)

select * from final
