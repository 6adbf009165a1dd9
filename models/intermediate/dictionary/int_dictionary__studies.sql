-- depends_on: {{ ref('int_checks__problems') }}
with

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

spans as (
    select
        study_id,
        count(*) as n_waves,
        min(wave_date) as first_wave_date,
        max(wave_date) as last_wave_date
    from waves
    group by study_id
),

final as (
    select
        -- key
        studies.study_id,

        -- labels
        studies.study_label,
        studies.description as study_description,
        studies.universe,
        studies.producer,
        studies.citation,
        studies.terms_of_use,

        -- span
        coalesce(spans.n_waves, 0) as n_waves,
        spans.first_wave_date,
        spans.last_wave_date,

        -- conventions of its estimates
        studies.weight_id,
        studies.publication_rule_id,
        studies.ci_level,
        studies.adjustment_method
    from studies
    left join spans
        on studies.study_id = spans.study_id
)

select * from final
