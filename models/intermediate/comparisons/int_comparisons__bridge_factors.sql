-- All bridges between two waves together.
with

bridges as (
    select * from {{ ref('int_comparisons__bridges') }}
),

final as (
    select
        -- keys
        study_id,
        measure_id,
        earlier_wave_id,
        later_wave_id,

        exp(sum(ln(bridge_factor))) as bridge_factor
    from bridges
    where bridge_factor > 0
    group by
        study_id,
        measure_id,
        earlier_wave_id,
        later_wave_id
)

select * from final
