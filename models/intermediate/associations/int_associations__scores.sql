/*
    The sums over PSUs that tests of association are made of, with the ids that their keys stand for.
*/
with

tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        score_key
    from {{ ref('int_measures__denominators') }}
    where standard_code = '_T'
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

periods as (
    select distinct
        period_key,
        study_id,
        wave_id
    from {{ ref('int_design__periods') }}
    where period_grain = 'wave'
),

units as (
    select * from {{ ref('int_design__units') }}
),

parts as (
    select
        part_key,
        is_of_quantiles,
        period_key
    from {{ ref('int_design__parts') }}
    where not is_of_quantiles
),

tested as (
    select distinct
        denominators.score_key,
        segment_values.segment_value_key,
        denominators.measure_id,
        denominators.category_code,
        segment_values.segment_id,
        segment_values.segment_code
    from tests
    inner join measures
        on tests.measure_id = measures.declared_measure_id
    inner join denominators
        on measures.measure_id = denominators.measure_id
    inner join segment_values
        on tests.segment_id = segment_values.segment_id
),

wave_parts as (
    select
        parts.part_key,
        parts.is_of_quantiles,
        periods.study_id,
        periods.wave_id
    from parts
    inner join periods
        on parts.period_key = periods.period_key
),

part_waves as (
    {{ part_waves_of('wave_parts') | indent(4) }}
),

cells as (
    select
        wave_parts.part_key,
        tested.score_key,
        tested.segment_value_key
    from wave_parts
    cross join tested
),

-- also of PSUs in which nobody scores, or only respondents of weight zero do: their strata have members
scores as (
    {{ psu_sums('part_waves', 'cells') | indent(4) }}
),

final as (
    select
        -- keys
        wave_parts.study_id,
        wave_parts.wave_id,
        tested.measure_id,
        tested.category_code,
        tested.segment_id,
        tested.segment_code,
        units.sample_id,
        units.weight_id,
        units.stratum_id,
        units.psu_id,
        units.is_own_psu,
        units.is_replicate,

        -- sums
        scores.total_y,
        scores.sum_wwyy
    from scores
    inner join tested
        on
            scores.score_key = tested.score_key
            and scores.segment_value_key = tested.segment_value_key
    inner join wave_parts
        on scores.part_key = wave_parts.part_key
    inner join units
        on scores.unit_key = units.unit_key
)

select * from final
