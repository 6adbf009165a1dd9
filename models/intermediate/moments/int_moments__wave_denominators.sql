/*
    What each wave's denominators are summed from: the answers of a variable, or the numbers of respondents that were
    computed for a numerator which has this denominator (int_measures__values).
*/
with

batches as (
    select * from {{ ref('int_design__batches') }}
),

offered as (
    select distinct
        study_id,
        wave_id,
        measure_id,
        denominator_code
    from {{ ref('int_measures__offered') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        denominator_code,
        standard_code,
        score_key,
        denominator_key
    from {{ ref('int_measures__denominators') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

needed as (
    select
        batches.wave_key,
        offered.measure_id,
        denominators.denominator_key,
        denominators.score_key
    from offered
    inner join batches
        on
            offered.study_id = batches.study_id
            and offered.wave_id = batches.wave_id
    inner join denominators
        on
            offered.measure_id = denominators.measure_id
            and offered.denominator_code = denominators.denominator_code
            -- one of the numerators that share it
            and offered.denominator_code = denominators.category_code
),

final as (
    select
        -- keys
        needed.wave_key,
        needed.denominator_key,

        -- what they are summed from
        variables.variable_key,
        case when variables.variable_key is null then needed.score_key end as value_score_key,
        measures.measure_kind = 'quantile' as is_of_quantiles
    from needed
    inner join measures
        on needed.measure_id = measures.measure_id
    left join variables
        on
            measures.variable_id = variables.variable_id
            and measures.base_id = variables.base_id
            and measures.measure_kind in ('share', 'mean', 'net', 'score', 'quantile', 'total')
            and measures.standard_population_id is null
)

select * from final
