with

waves as (
    select * from {{ ref('int_design__waves') }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        weight_id,
        is_default_weight,

        -- who has it
        n_loaded as loaded_respondents,
        n_loaded - n_respondents as n_without_weight,
        n_respondents - n_weighted as n_weights_of_zero,
        n_weighted,

        -- how unequal it is
        min_weight,
        max_weight,
        sum_of_weights,
        n_weighted * sum_of_squared_weights / sum_of_weights / sum_of_weights as kish_design_effect,
        sum_of_weights * sum_of_weights / sum_of_squared_weights as kish_effective_size,

        -- the sample that it is for
        n_strata,
        n_psus,
        n_lonely_psus,
        degrees_of_freedom
    from waves
)

select * from final
