with

studies as (
    select * from {{ ref('int_dictionary__studies') }}
),

final as (
    select
        -- key
        study_id,

        -- labels
        study_label,
        study_description,
        universe,
        producer,
        citation,
        terms_of_use,

        -- span
        n_waves,
        first_wave_date,
        last_wave_date,

        -- conventions of its estimates
        weight_id,
        publication_rule_id,
        ci_level,
        adjustment_method
    from studies
)

select * from final
