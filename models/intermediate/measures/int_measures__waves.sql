/*
    The waves that asked what a measure needs: all of its variables, or of a question with several answers at
    least one of them.
*/
with

inputs as (
    select * from {{ ref('int_measures__inputs') }}
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

needed as (
    select
        measure_id,
        sum(case when is_required then 1 else 0 end) as n_required,
        sum(case when is_required then 0 else 1 end) as n_optional
    from inputs
    group by measure_id
),

asked as (
    select
        questions.study_id,
        questions.wave_id,
        inputs.measure_id,
        sum(case when inputs.is_required then 1 else 0 end) as n_required,
        sum(case when inputs.is_required then 0 else 1 end) as n_optional
    from inputs
    inner join questions
        on inputs.variable_id = questions.variable_id
    group by
        questions.study_id,
        questions.wave_id,
        inputs.measure_id
),

final as (
    select
        -- keys
        asked.study_id,
        asked.wave_id,
        asked.measure_id,

        -- when
        waves.wave_number,
        waves.wave_date
    from asked
    inner join needed
        on asked.measure_id = needed.measure_id
    inner join waves
        on
            asked.study_id = waves.study_id
            and asked.wave_id = waves.wave_id
    where
        asked.n_required = needed.n_required
        and (needed.n_optional = 0 or asked.n_optional > 0)
)

select * from final
