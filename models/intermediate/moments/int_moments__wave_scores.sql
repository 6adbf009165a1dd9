/*
    What each wave's numerators are summed from, where the wave offered all that they are made of: the answers of a
    variable times their score (no score: the number that was answered), or the numbers of respondents that
    were computed for them (int_measures__values). Quantiles have no row: who is below one is known only
    when it is.
*/
with

batches as (
    select * from {{ ref('int_design__batches') }}
),

offered as (
    select * from {{ ref('int_measures__offered') }}
),

denominators as (
    select distinct
        measure_id,
        category_code,
        score_key
    from {{ ref('int_measures__denominators') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

needed as (
    select
        batches.wave_key,
        offered.measure_id,
        offered.category_code,
        denominators.score_key,
        measures.base_id,
        measures.measure_kind in ('share', 'mean', 'net', 'score', 'total')
        and measures.standard_population_id is null as is_of_answers
    from offered
    inner join batches
        on
            offered.study_id = batches.study_id
            and offered.wave_id = batches.wave_id
    inner join denominators
        on
            offered.measure_id = denominators.measure_id
            and offered.category_code = denominators.category_code
    inner join measures
        on offered.measure_id = measures.measure_id
    where measures.measure_kind <> 'quantile'
),

of_answers as (
    select
        needed.wave_key,
        needed.score_key,
        variables.variable_key,
        scores.answer_code,
        scores.score
    from needed
    inner join scores
        on
            needed.measure_id = scores.measure_id
            and needed.category_code = scores.category_code
    inner join variables
        on
            scores.variable_id = variables.variable_id
            and needed.base_id = variables.base_id
    where needed.is_of_answers
),

of_values as (
    select
        wave_key,
        score_key,
        cast(null as bigint) as variable_key,
        cast(null as {{ dbt.type_string() }}) as answer_code,
        cast(null as {{ type_number() }}) as score
    from needed
    where not is_of_answers
),

united as (
    select * from of_answers
    union all
    select * from of_values
),

final as (
    select
        -- keys
        wave_key,
        score_key,
        variable_key,
        answer_code,

        score
    from united
)

select * from final
