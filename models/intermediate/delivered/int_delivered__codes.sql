{{ config(materialized='by_wave', meta={'units': 'int_delivered__waves'}) }}
-- depends_on: {{ ref('int_delivered__waves') }}
with

delivered as (
    select *
    from {{ ref('int_delivered__answers') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
),

final as (
    select
        study_id,
        wave_id,
        source_column,
        coalesce(source_code, {{ empty_code() }}) as source_code,
        count(*) as n_respondents
    from delivered
    group by
        study_id,
        wave_id,
        source_column,
        coalesce(source_code, {{ empty_code() }})
)

select * from final
