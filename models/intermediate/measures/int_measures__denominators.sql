/*
    What sums over PSUs are made for: the numerator of each category of a measure (`score_key`), and the denominator
    that it has in a study (`denominator_key`), of standardised measures in each group of the standard
    population. `base_key` is a denominator over all of these groups.
*/
with

offered as (
    select distinct
        study_id,
        measure_id,
        category_code,
        denominator_code
    from {{ ref('int_measures__offered') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

summed_variables as (
    select * from {{ ref('int_measures__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

standard_groups as (
    select
        standard_populations.standard_population_id,
        categories.category_code as standard_code
    from standard_populations
    inner join variables
        on standard_populations.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
),

final as (
    select
        -- what they stand for
        offered.study_id,
        offered.measure_id,
        offered.category_code,
        coalesce(standard_groups.standard_code, '_T') as standard_code,
        offered.denominator_code,
        weights.weight_key,
        measures.measure_kind,
        measures.standard_population_id is not null as is_standardised,
        -- numbers are summed from an origin
        case
            when measures.measure_kind in ('mean', 'total') and offered.category_code = '_Z'
                then coalesce(summed_variables.origin, 0)
            else 0
        end as origin,

        -- keys
        {{ integer_key([
            'offered.measure_id',
            'offered.category_code',
            "coalesce(standard_groups.standard_code, '_T')",
        ]) | indent(8) }} as score_key,
        {{ integer_key([
            'offered.measure_id',
            'offered.denominator_code',
            "coalesce(standard_groups.standard_code, '_T')",
        ]) | indent(8) }} as denominator_key,
        {{ integer_key(['offered.measure_id', 'offered.denominator_code']) }} as base_key
    from offered
    inner join measures
        on offered.measure_id = measures.measure_id
    inner join weights
        on
            offered.study_id = weights.study_id
            and offered.measure_id = weights.measure_id
    left join standard_groups
        on measures.standard_population_id = standard_groups.standard_population_id
    left join summed_variables
        on
            measures.variable_id = summed_variables.variable_id
            and measures.base_id = summed_variables.base_id
            and measures.standard_population_id is null
)

select * from final
