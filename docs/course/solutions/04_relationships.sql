-- One row is: wave_id, variable_id
-- Hint: make all pairs first (a cross join of waves and variables), then keep those without a
--   question (anti join, or a left join where the right side is null) in the same wave.
with

waves as (
    select wave_id
    from marts.dim_wave
    where study_id = 'gss'
),

questions as (
    select
        wave_id,
        variable_id
    from marts.dim_question
    where study_id = 'gss'
),

variables as (
    select distinct variable_id
    from questions
)

select
    waves.wave_id,
    variables.variable_id
from waves
cross join variables
anti join questions
    on
        waves.wave_id = questions.wave_id
        and variables.variable_id = questions.variable_id
