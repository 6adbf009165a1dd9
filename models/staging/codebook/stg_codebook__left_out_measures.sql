-- Measures of variables that are left out.
with

measures as (
    select * from {{ ref('measures') }}
),

members as (
    select * from {{ ref('variable_group_members') }}
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
)

select * from final
