/*
    The coefficients of standardised estimates, whose groups are added PSU by PSU. They are a table of their own, so that
    an engine knows how few they may be before it sums PSUs for them.
*/
with

coefficients as (
    select *
    from {{ ref('int_estimates__coefficients') }}
    where is_standardised
),

final as (
    select
        -- keys
        cell_key,
        period_key,
        score_key,
        segment_value_key,

        -- of the group
        measure_kind,
        coefficient_y,
        coefficient_x
    from coefficients
)

select * from final
