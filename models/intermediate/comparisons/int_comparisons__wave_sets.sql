-- depends_on: {{ ref('int_checks__problems') }}
/*
    Waves that are looked at together because something is estimated of them: pairs that are compared, and
    all waves of a series. A set is named by its waves.
*/
with

pairs as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        wave_set_id
    from {{ ref('int_comparisons__wave_pairs') }}

    union distinct

    select
        study_id,
        base_wave_id as from_wave_id,
        wave_id as to_wave_id,
        wave_set_id
    from {{ ref('int_comparisons__index_pairs') }}
),

series as (
    select * from {{ ref('int_comparisons__series') }}
),

final as (
    select
        study_id,
        wave_set_id,
        from_wave_id as wave_id
    from pairs

    union distinct

    select
        study_id,
        wave_set_id,
        to_wave_id as wave_id
    from pairs

    union distinct

    select
        study_id,
        wave_set_id,
        wave_id
    from series
)

select * from final
