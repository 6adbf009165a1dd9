-- depends_on: {{ ref('int_checks__problems') }}
/*
    Everything that a derived variable is made of, however many steps away: groups of a sum follow from the sum
    and from all that it adds up.
*/
with

derivations as (
    select distinct
        variable_id,
        source_variable_id
    from {{ ref('stg_codebook__derivations') }}
),

sums as (
    select
        derived_sums.variable_id,
        members.variable_id as source_variable_id
    from {{ ref('stg_codebook__derived_sums') }} as derived_sums
    inner join {{ ref('stg_codebook__variable_group_members') }} as members
        on derived_sums.variable_group_id = members.variable_group_id
),

groups_of_sums as (
    select
        derivations.variable_id,
        sums.source_variable_id
    from derivations
    inner join sums
        on derivations.source_variable_id = sums.variable_id
),

final as (
    select * from derivations
    union distinct
    select * from sums
    union distinct
    select * from groups_of_sums
)

select * from final
