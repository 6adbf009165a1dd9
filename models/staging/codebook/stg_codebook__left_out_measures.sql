-- Measures that need a variable that is left out, for their base too. A group that other studies ask too only loses members.
with

measures as (
    select * from {{ ref('measures') }}
),

members as (
    select * from {{ ref('variable_group_members') }}
),

standard_populations as (
    select * from {{ ref('standard_populations') }}
),

base_categories as (
    select * from {{ ref('base_categories') }}
),

left_out_variables as (
    select * from {{ ref('stg_codebook__left_out_variables') }}
),

left_out_groups as (
    select members.variable_group_id
    from members
    left join left_out_variables
        on members.variable_id = left_out_variables.variable_id
    group by members.variable_group_id
    having count(*) = count(left_out_variables.variable_id)
),

final as (
    select measures.measure_id
    from measures
    left join standard_populations
        on measures.standard_population_id = standard_populations.standard_population_id
    left join left_out_groups
        on measures.variable_group_id = left_out_groups.variable_group_id
    where
        left_out_groups.variable_group_id is not null
        or exists (
            select 1
            from left_out_variables
            where
                left_out_variables.variable_id in (
                    measures.variable_id,
                    measures.denominator_variable_id,
                    standard_populations.variable_id
                )
        )

    union distinct

    select measures.measure_id
    from measures
    inner join base_categories
        on measures.base_id = base_categories.base_id
    inner join left_out_variables
        on base_categories.variable_id = left_out_variables.variable_id
)

select * from final
