/*
    The one heavy pass: everything after it is arithmetic on this table's much smaller sums.
    1. Keyed by variable and answer, not by measure: shares, nets and scores are sums of these rows.
    2. A wave's rows depend on that wave alone, and the period is a key beside it, so that a wave or a
       calendar period can be computed without the others.
    3. Numbers are taken from an origin in the middle of their declared range. That changes no
       statistic and keeps digits that squares of large numbers would lose.
    4. A weight of zero means "outside the weighted sample": not counted in any base, but its stratum stays
       one of the cell's, as in R.
    5. Respondents who are their own PSU are summed together, as the PSU `own`: the sums of
       squares over such PSUs are sums over people (sum_ww, sum_wwy, sum_wwyy).
*/
with

answers as (
    select * from {{ ref('int_answers__coded') }}
),

respondents as (
    select * from {{ ref('int_design__respondents') }}
),

memberships as (
    select * from {{ ref('int_segments__memberships') }}
),

variables as (
    select * from {{ ref('int_measures__variables') }}
),

valid_answers as (
    select
        answers.study_id,
        answers.wave_id,
        answers.respondent_key,
        answers.variable_id,
        respondents.period_grain,
        respondents.period_start,
        respondents.stratum_id,
        respondents.is_own_psu,
        case when respondents.is_own_psu then 'own' else respondents.psu_id end as psu_id,
        respondents.weight,
        coalesce(answers.category_code, '_Z') as category_code,
        coalesce(answers.numeric_value - variables.origin, 0) as centred_value
    from answers
    inner join variables
        on answers.variable_id = variables.variable_id
    inner join respondents
        on answers.respondent_key = respondents.respondent_key
    where answers.missing_kind is null
),

final as (
    select
        -- keys
        valid_answers.study_id,
        valid_answers.wave_id,
        valid_answers.period_grain,
        valid_answers.period_start,
        valid_answers.variable_id,
        valid_answers.category_code,
        memberships.segment_id,
        memberships.segment_code,
        valid_answers.stratum_id,
        valid_answers.psu_id,
        valid_answers.is_own_psu,

        -- sums
        sum(case when valid_answers.weight > 0 then 1 else 0 end) as n_respondents,
        sum(valid_answers.weight) as sum_w,
        sum(valid_answers.weight * valid_answers.weight) as sum_ww,
        sum(valid_answers.weight * valid_answers.centred_value) as sum_wy,
        sum(valid_answers.weight * valid_answers.centred_value * valid_answers.centred_value)
            as sum_wyy,
        sum(valid_answers.weight * valid_answers.weight * valid_answers.centred_value) as sum_wwy,
        sum(
            valid_answers.weight * valid_answers.weight
            * valid_answers.centred_value * valid_answers.centred_value
        ) as sum_wwyy
    from valid_answers
    inner join memberships
        on valid_answers.respondent_key = memberships.respondent_key
    group by
        valid_answers.study_id,
        valid_answers.wave_id,
        valid_answers.period_grain,
        valid_answers.period_start,
        valid_answers.variable_id,
        valid_answers.category_code,
        memberships.segment_id,
        memberships.segment_code,
        valid_answers.stratum_id,
        valid_answers.psu_id,
        valid_answers.is_own_psu
)

select * from final
