-- Which questions lost or won answers most from one wave to the next that asked them?
with

questions as (
    select * from {{ ref('fct_question_quality') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

followed as (
    select
        questions.study_id,
        questions.variable_id,
        questions.variable_label,
        questions.wave_id as to_wave_id,
        questions.n_asked,
        questions.n_item_nonresponse,
        questions.item_nonresponse_rate,
        lag(questions.wave_id) over (
            partition by questions.study_id, questions.variable_id
            order by waves.wave_number
        ) as from_wave_id,
        lag(questions.item_nonresponse_rate) over (
            partition by questions.study_id, questions.variable_id
            order by waves.wave_number
        ) as previous_rate
    from questions
    inner join waves
        on
            questions.study_id = waves.study_id
            and questions.wave_id = waves.wave_id
    where not questions.is_derived
),

final as (
    select
        study_id,
        variable_label,
        from_wave_id,
        to_wave_id,
        n_asked,
        n_item_nonresponse,
        previous_rate,
        item_nonresponse_rate,
        item_nonresponse_rate - previous_rate as change_in_rate
    from followed
    where previous_rate is not null
)

select * from final
order by
    abs(change_in_rate) desc,
    study_id asc,
    variable_label asc,
    to_wave_id asc
limit 20
