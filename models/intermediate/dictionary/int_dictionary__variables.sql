-- depends_on: {{ ref('int_checks__problems') }}
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

code_lists as (
    select * from {{ ref('stg_codebook__code_lists') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

derived_sums as (
    select * from {{ ref('stg_codebook__derived_sums') }}
),

derived as (
    select
        variable_id,
        max(source_variable_id) as derived_from_variable_id
    from derivations
    group by variable_id
),

final as (
    select
        -- key
        variables.variable_id,

        -- labels
        variables.variable_label,
        variables.description as variable_description,

        -- values
        variables.value_type,
        variables.code_list_id,
        code_lists.code_list_label,
        variables.unit,
        variables.lower_bound,
        variables.upper_bound,
        variables.decimals,

        -- origin
        derived.variable_id is not null or derived_sums.variable_id is not null as is_derived,
        derived.derived_from_variable_id,
        derived_sums.variable_group_id as sum_of_group_id
    from variables
    left join code_lists
        on variables.code_list_id = code_lists.code_list_id
    left join derived
        on variables.variable_id = derived.variable_id
    left join derived_sums
        on variables.variable_id = derived_sums.variable_id
)

select * from final
