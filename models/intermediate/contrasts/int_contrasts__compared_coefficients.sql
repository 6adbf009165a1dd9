/*
    The coefficients of estimates that are compared with others of their own sample. They are a table of their own, so
    that an engine knows how few they may be before it sums PSUs for them.
*/
with

compared as (
    select distinct cell_key
    from {{ ref('int_contrasts__terms') }}
    where n_estimates > 1
),

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

final as (
    select
        -- keys
        coefficients.cell_key,
        coefficients.period_key,
        coefficients.score_key,
        coefficients.segment_value_key,

        -- of the group
        coefficients.measure_kind,
        coefficients.coefficient_y,
        coefficients.coefficient_x
    from coefficients
    inner join compared
        on coefficients.cell_key = compared.cell_key
)

select * from final
