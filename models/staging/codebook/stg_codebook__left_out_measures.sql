-- Measures of variables that are left out, or whose base needs one.
with

measures as (
    select * from {{ ref('measures') }}
),

members as (
    select * from {{ ref('variable_group_members') }}
),

measure_bases as (
    select * from {{ ref('measure_bases') }}
),

left_out_variables as (
    select * from {{ ref('stg_codebook__left_out_variables') }}
),

final as (
    select distinct measures.measure_id
    from measures
    left join members
        on measures.variable_group_id = members.variable_group_id
    inner join left_out_variables
        on
            left_out_variables.variable_id
            in (measures.variable_id, measures.denominator_variable_id, members.variable_id)

    union

    select measure_bases.measure_id
    from measure_bases
    inner join left_out_variables
        on measure_bases.variable_id = left_out_variables.variable_id
)

select * from final
