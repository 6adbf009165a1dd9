with

waves as (
    select * from {{ ref('int_dictionary__waves') }}
),

design as (
    select *
    from {{ ref('int_design__waves') }}
    where is_default_weight
),

question_quality as (
    select * from {{ ref('int_answers__question_quality') }}
),

answers as (
    select
        study_id,
        wave_id,
        count(*) as n_questions,
        cast(sum(n_item_nonresponse) as {{ type_number() }})
        / nullif(sum(n_asked), 0) as item_nonresponse_rate
    from question_quality
    where not is_derived
    group by
        study_id,
        wave_id
),

final as (
    select
        -- keys
        waves.study_id,
        waves.wave_id,
        waves.wave_label,
        waves.wave_date,

        -- rows
        waves.expected_respondents,
        design.n_loaded as loaded_respondents,

        -- weights
        design.min_weight,
        design.max_weight,
        design.sum_of_weights,
        design.n_respondents * design.sum_of_squared_weights
        / design.sum_of_weights / design.sum_of_weights as kish_design_effect,
        design.sum_of_weights * design.sum_of_weights
        / design.sum_of_squared_weights as kish_effective_size,

        -- design
        design.n_strata,
        design.n_psus,
        design.n_lonely_psus,
        design.degrees_of_freedom,

        -- answers
        coalesce(answers.n_questions, 0) as n_questions,
        answers.item_nonresponse_rate
    from waves
    inner join design
        on
            waves.study_id = design.study_id
            and waves.wave_id = design.wave_id
    left join answers
        on
            waves.study_id = answers.study_id
            and waves.wave_id = answers.wave_id
)

select * from final
