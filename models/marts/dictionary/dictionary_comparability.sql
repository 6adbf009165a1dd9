with

comparability as (
    select * from {{ ref('int_comparisons__comparability') }}
),

variables as (
    select * from {{ ref('dictionary_variables') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

final as (
    select
        -- keys
        comparability.study_id,
        comparability.variable_id,
        comparability.from_wave_id,
        comparability.to_wave_id,

        -- labels
        variables.study_label,
        variables.variable_label,
        earlier.wave_label as from_wave_label,
        later.wave_label as to_wave_label,

        -- grade, and what it rests on
        comparability.comparability_grade,
        comparability.n_hard_breaks,
        comparability.n_soft_breaks,
        comparability.differs_in_wording,
        comparability.differs_in_universe,
        comparability.differs_in_detail,
        comparability.differs_in_categories,
        comparability.differs_in_delivery,
        comparability.comparability_reason
    from comparability
    inner join variables
        on
            comparability.study_id = variables.study_id
            and comparability.variable_id = variables.variable_id
    inner join waves as earlier
        on
            comparability.study_id = earlier.study_id
            and comparability.from_wave_id = earlier.wave_id
    inner join waves as later
        on
            comparability.study_id = later.study_id
            and comparability.to_wave_id = later.wave_id
)

select * from final
