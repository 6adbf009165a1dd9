-- depends_on: {{ ref('int_checks__problems') }}
/*
    Which answers a wave has, once each. What is known of other answers is nothing that a wave's sums are made of.
*/
with

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

derived_sums as (
    select * from {{ ref('int_delivered__derived_sums') }}
),

final as (
    select
        study_id,
        wave_id,
        answer_key
    from mapped_codes
    where missing_kind is null

    union distinct

    select
        study_id,
        wave_id,
        answer_key
    from derived_sums
    where missing_kind is null
)

select * from final
