with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

standard_population_shares as (
    select * from {{ ref('stg_codebook__standard_population_shares') }}
),

population_totals as (
    select
        standard_populations.standard_population_id,
        coalesce(sum(standard_population_shares.population_share), 0) as total_share,
        coalesce(min(standard_population_shares.population_share), 0) as smallest_share
    from standard_populations
    left join standard_population_shares
        on
            standard_populations.standard_population_id
            = standard_population_shares.standard_population_id
    group by standard_populations.standard_population_id
),

population_sums as (
    select
        {{ problem_columns(
            check_id='standard_population_shares',
            file=codebook_file('standard_population_shares'),
            column_name="'population_share'",
            source_code='standard_population_id',
            problem="case when smallest_share < 0 then 'A share of this standard population is negative.' else 'The shares of this standard population do not add up to 1.' end",
            remedy="'Write shares as fractions of 1, with at least six digits after the point, one for each group.'"
        ) | indent(8) }}
    from population_totals
    where
        smallest_share < 0
        or abs(total_share - 1) > 1e-6
),

population_categories as (
    select
        {{ problem_columns(
            check_id='standard_population_category',
            file=codebook_file('standard_population_shares'),
            column_name="'category_code'",
            source_code='standard_population_shares.category_code',
            problem="'Standard population ' || standard_populations.standard_population_id || ' gives a share to a category that its variable ' || standard_populations.variable_id || ' does not have.'",
            remedy="'Correct the category here, or the variable in seeds/codebook/standard_populations.csv.'"
        ) | indent(8) }}
    from standard_population_shares
    inner join standard_populations
        on
            standard_population_shares.standard_population_id
            = standard_populations.standard_population_id
    inner join variables
        on standard_populations.variable_id = variables.variable_id
    left join categories
        on
            variables.code_list_id = categories.code_list_id
            and standard_population_shares.category_code = categories.category_code
    where categories.category_code is null
),

final as (
    {% for check in ['population_sums', 'population_categories'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
