with

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

wave_files as (
    {{ wave_seeds() | indent(4) }}
),

-- What is there, whether any of it could be read or not; rows are known of landed waves only.
final as (
    select
        study_id,
        wave_id,
        'seed' as delivered_as,
        cast(null as bigint) as n_rows
    from wave_files
    where is_staged

    union all

    select
        study_id,
        wave_id,
        'landing' as delivered_as,
        max(n_rows) as n_rows
    from landed_files
    group by
        study_id,
        wave_id
)

select * from final
