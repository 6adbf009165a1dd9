-- depends_on: {{ ref('int_checks__problems') }}
/*
    Which waves are compared, per measure: each with the previous wave that asked it, and with the first.
*/
with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

asked as (
    select distinct
        questions.study_id,
        questions.wave_id,
        questions.wave_number,
        measures.measure_id,
        measures.variable_id
    from questions
    inner join measures
        on questions.variable_id = measures.variable_id
),

numbered as (
    select
        *,
        row_number() over (
            partition by study_id, measure_id
            order by wave_number
        ) as asked_number
    from asked
),

final as (
    select
        later.study_id,
        later.measure_id,
        later.variable_id,
        'previous' as comparison,
        earlier.wave_id as from_wave_id,
        later.wave_id as to_wave_id,
        earlier.wave_number as from_wave_number,
        later.wave_number as to_wave_number
    from numbered as later
    inner join numbered as earlier
        on
            later.study_id = earlier.study_id
            and later.measure_id = earlier.measure_id
            and later.asked_number = earlier.asked_number + 1

    union all

    select
        later.study_id,
        later.measure_id,
        later.variable_id,
        'first' as comparison,
        earlier.wave_id as from_wave_id,
        later.wave_id as to_wave_id,
        earlier.wave_number as from_wave_number,
        later.wave_number as to_wave_number
    from numbered as later
    inner join numbered as earlier
        on
            later.study_id = earlier.study_id
            and later.measure_id = earlier.measure_id
            and earlier.asked_number = 1
    where later.asked_number > 1
)

select * from final
