/*
    How figures of a measure are written for readers.
    1. A share is a percentage, and its changes are percentage points. A ratio and a score have no unit.
    2. Decimals follow from the codebook alone, so that a figure is written in the same way in every wave and
       release: one more than the variable is rounded to, two where it is not, three for ratios, none for totals.
    3. Only the categories of one variable, and the answers to a question with several, make up a whole.
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

final as (
    select
        -- key
        measures.measure_id,

        -- unit and decimals
        case
            when {{ is_share_kind('measures.measure_kind') }} then 100
            else 1
        end as value_scale,
        case
            when {{ is_share_kind('measures.measure_kind') }} then 'percent'
            when measures.measure_kind in ('mean', 'quantile', 'total') then variables.unit
        end as value_unit,
        case
            when {{ is_share_kind('measures.measure_kind') }} then 'percentage points'
            when measures.measure_kind in ('mean', 'quantile', 'total') then variables.unit
        end as change_unit,
        case
            when {{ is_share_kind('measures.measure_kind') }} then 1
            when measures.measure_kind = 'total' then 0
            when measures.measure_kind = 'ratio' then 3
            else coalesce(variables.decimals + 1, 2)
        end as value_decimals,

        -- whether its shares are parts of a whole
        measures.measure_kind in ('share', 'share_of_responses') as is_distribution
    from measures
    left join variables
        on measures.variable_id = variables.variable_id
)

select * from final
