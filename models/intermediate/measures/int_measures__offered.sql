/*
    For which categories of a measure a wave offered all that they are made of. Elsewhere there is no figure:
    what nobody could answer is not zero (docs: method, formula 11).
    1. A share needs its category, a net or score each category that counts in it, an item of a question with
       several answers its own question, a number that numbers were taken; a ratio both of its numbers, and a
       standardised measure each group of the standard population.
    2. Its weight must be one of the wave's.
    3. A base needs one of the categories that it lists of each of its variables.
    4. `denominator_code` is the category that stands for all that share its denominator: those that the
       same waves offered. Each item of a question with several answers has a base of its own.
*/
with

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

wave_weights as (
    select * from {{ ref('int_codebook__wave_weights') }}
),

scores as (
    select * from {{ ref('int_measures__scores') }}
),

categories as (
    select * from {{ ref('int_measures__categories') }}
),

offered_categories as (
    select * from {{ ref('int_codebook__offered_categories') }}
),

bases as (
    select * from {{ ref('int_measures__bases') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

population_shares as (
    select *
    from {{ ref('stg_codebook__standard_population_shares') }}
    where population_share > 0
),

needs as (
    select
        measure_id,
        category_code,
        variable_id,
        answer_code
    from scores
    where coalesce(score, 1) <> 0

    union distinct

    select
        measure_id,
        '_Z' as category_code,
        denominator_variable_id as variable_id,
        '_Z' as answer_code
    from measures
    where denominator_variable_id is not null

    union distinct

    select
        measures.measure_id,
        categories.category_code,
        standard_populations.variable_id,
        population_shares.category_code as answer_code
    from measures
    inner join categories
        on measures.measure_id = categories.measure_id
    inner join standard_populations
        on measures.standard_population_id = standard_populations.standard_population_id
    inner join population_shares
        on measures.standard_population_id = population_shares.standard_population_id
),

without_answers as (
    select distinct
        measure_waves.study_id,
        measure_waves.wave_id,
        needs.measure_id,
        needs.category_code
    from measure_waves
    inner join needs
        on measure_waves.measure_id = needs.measure_id
    left join offered_categories
        on
            measure_waves.study_id = offered_categories.study_id
            and measure_waves.wave_id = offered_categories.wave_id
            and needs.variable_id = offered_categories.variable_id
            and needs.answer_code = offered_categories.category_code
    where offered_categories.variable_id is null
),

base_variables as (
    select
        measure_waves.study_id,
        measure_waves.wave_id,
        measure_waves.measure_id,
        bases.variable_id,
        count(offered_categories.category_code) as n_offered
    from measure_waves
    inner join measures
        on measure_waves.measure_id = measures.measure_id
    inner join bases
        on measures.declared_measure_id = bases.measure_id
    left join offered_categories
        on
            measure_waves.study_id = offered_categories.study_id
            and measure_waves.wave_id = offered_categories.wave_id
            and bases.variable_id = offered_categories.variable_id
            and bases.category_code = offered_categories.category_code
    group by
        measure_waves.study_id,
        measure_waves.wave_id,
        measure_waves.measure_id,
        bases.variable_id
),

without_base as (
    select distinct
        study_id,
        wave_id,
        measure_id
    from base_variables
    where n_offered = 0
),

offered as (
    select
        measure_waves.study_id,
        measure_waves.wave_id,
        measure_waves.wave_number,
        categories.measure_id,
        categories.measure_kind,
        categories.category_code
    from measure_waves
    inner join categories
        on measure_waves.measure_id = categories.measure_id
    inner join weights
        on
            measure_waves.study_id = weights.study_id
            and measure_waves.measure_id = weights.measure_id
    inner join wave_weights
        on
            measure_waves.study_id = wave_weights.study_id
            and measure_waves.wave_id = wave_weights.wave_id
            and weights.weight_key = wave_weights.weight_key
    left join without_answers
        on
            measure_waves.study_id = without_answers.study_id
            and measure_waves.wave_id = without_answers.wave_id
            and categories.measure_id = without_answers.measure_id
            and categories.category_code = without_answers.category_code
    left join without_base
        on
            measure_waves.study_id = without_base.study_id
            and measure_waves.wave_id = without_base.wave_id
            and measure_waves.measure_id = without_base.measure_id
    where
        without_answers.measure_id is null
        and without_base.measure_id is null
),

described as (
    select
        study_id,
        measure_id,
        category_code,
        {{ joined_in_order('wave_id', "'+'", 'wave_number') }} as wave_ids,
        case when max(measure_kind) = 'share_of_cases' then category_code end as item_code
    from offered
    group by
        study_id,
        measure_id,
        category_code
),

named as (
    select
        study_id,
        measure_id,
        category_code,
        min(category_code) over (
            partition by study_id, measure_id, wave_ids, item_code
        ) as denominator_code
    from described
),

final as (
    select
        -- keys
        offered.study_id,
        offered.wave_id,
        offered.measure_id,
        offered.category_code,

        -- denominator
        named.denominator_code
    from offered
    inner join named
        on
            offered.study_id = named.study_id
            and offered.measure_id = named.measure_id
            and offered.category_code = named.category_code
)

select * from final
