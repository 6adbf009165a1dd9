-- Segments of variables that are left out.
with

segment_variables as (
    select * from {{ ref('segment_variables') }}
),

left_out_variables as (
    select * from {{ ref('stg_codebook__left_out_variables') }}
),

final as (
    select distinct segment_variables.segment_id
    from segment_variables
    inner join left_out_variables
        on segment_variables.variable_id = left_out_variables.variable_id
)

select * from final
