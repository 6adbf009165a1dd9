/*
    Who is in which base. Everybody is in `_T`; others are domains: those outside keep their place in the
    design, since strata and PSUs are counted over all respondents of the wave.
*/
with

bases as (
    select distinct
        base_id,
        variable_id,
        category_code
    from {{ ref('int_measures__bases') }}
),

answers as (
    select * from {{ ref('int_answers__coded') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

sizes as (
    select
        base_id,
        count(distinct variable_id) as n_variables
    from bases
    group by base_id
),

restricted as (
    select
        answers.wave_key,
        answers.respondent_number,
        bases.base_id
    from bases
    inner join answers
        on
            bases.variable_id = answers.variable_id
            and bases.category_code = answers.category_code
    inner join sizes
        on bases.base_id = sizes.base_id
    group by
        answers.wave_key,
        answers.respondent_number,
        bases.base_id
    having count(*) = max(sizes.n_variables)
),

final as (
    select
        wave_key,
        respondent_number,
        '_T' as base_id
    from respondents

    union all

    select
        wave_key,
        respondent_number,
        base_id
    from restricted
)

select * from final
