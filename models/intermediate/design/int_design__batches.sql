-- depends_on: {{ ref('int_checks__problems') }}
/*
    Which waves are summed in one go: as many as have about 5,000 respondents together, so that what a pass over
    respondents holds in memory does not grow with the number of waves. A wave is never divided.
*/
with

respondents as (
    select
        study_id,
        wave_id,
        count(*) as n_respondents
    from {{ ref('int_delivered__respondents') }}
    group by
        study_id,
        wave_id
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

added_up as (
    select
        waves.study_id,
        waves.wave_id,
        waves.sample_id,
        waves.wave_number,
        respondents.n_respondents,
        sum(respondents.n_respondents) over (
            order by waves.study_id, waves.wave_number
            rows between unbounded preceding and current row
        ) as n_up_to_here
    from waves
    inner join respondents
        on
            waves.study_id = respondents.study_id
            and waves.wave_id = respondents.wave_id
),

final as (
    select
        -- keys
        {{ integer_key(['study_id', 'wave_id']) }} as wave_key,
        study_id,
        wave_id,

        cast(floor(n_up_to_here / 5000) as integer) as batch_number,
        cast(n_respondents as bigint) as n_respondents
    from added_up
)

select * from final
