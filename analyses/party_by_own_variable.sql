/*
    Three questions in one query: a pair that nobody crossed, a variable of one's own, a group that one needs once. How
    do people under 55 choose a party, by whether they support legal abortion in six circumstances or more?
    1. The error is that of the design, linearised: all PSUs of the wave count, also those without such people.
    2. No publication rule is asked here, so figures of few people are shown too: n_respondents says of how many.
       `wavehouse estimate` asks it, and gives intervals; the numbers are the same.
*/
with

people as (
    select * from {{ ref('fct_respondents') }}
    where
        study_id = 'bsa'
        and wave_id = '1986'
),

answers as (
    select * from {{ ref('fct_answers') }}
    where
        study_id = 'bsa'
        and wave_id = '1986'
        and missing_kind is null
),

answers_of_people as (
    select
        respondent_key,
        max(case when variable_id = 'party' then category_label end) as party,
        max(case when variable_id = 'abortion_support' then numeric_value end) as abortion_support,
        max(case when variable_id = 'age' then numeric_value end) as age
    from answers
    group by respondent_key
),

-- the group, and the variable
chosen as (
    select
        people.stratum_id,
        people.psu_key,
        people.weight,
        answers_of_people.party,
        case
            when answers_of_people.abortion_support >= 6 then 'Six or more'
            else 'Fewer than six'
        end as support
    from people
    inner join answers_of_people
        on people.respondent_key = answers_of_people.respondent_key
    where
        answers_of_people.age < 55
        and answers_of_people.party is not null
        and answers_of_people.abortion_support is not null
),

strata as (
    select
        stratum_id,
        count(distinct psu_key) as n_psus
    from people
    group by stratum_id
),

bases as (
    select
        support,
        sum(weight) as base_weight,
        count(*) as n_respondents
    from chosen
    group by support
),

parties as (
    select distinct party from chosen
),

shares as (
    select
        bases.support,
        parties.party,
        bases.n_respondents,
        bases.base_weight,
        sum(case when chosen.party = parties.party then chosen.weight else 0 end)
        / bases.base_weight as share
    from bases
    cross join parties
    inner join chosen
        on bases.support = chosen.support
    group by
        bases.support,
        parties.party,
        bases.n_respondents,
        bases.base_weight
),

-- what each PSU adds to the error
psu_scores as (
    select
        shares.support,
        shares.party,
        chosen.stratum_id,
        chosen.psu_key,
        sum(
            chosen.weight
            * (case when chosen.party = shares.party then 1 else 0 end - shares.share)
            / shares.base_weight
        ) as score
    from shares
    inner join chosen
        on shares.support = chosen.support
    group by
        shares.support,
        shares.party,
        chosen.stratum_id,
        chosen.psu_key
),

stratum_sums as (
    select
        psu_scores.support,
        psu_scores.party,
        cast(strata.n_psus as {{ type_number() }}) as n_psus,
        sum(psu_scores.score) as sum_of_scores,
        sum(psu_scores.score * psu_scores.score) as sum_of_squares
    from psu_scores
    inner join strata
        on psu_scores.stratum_id = strata.stratum_id
    group by
        psu_scores.support,
        psu_scores.party,
        psu_scores.stratum_id,
        strata.n_psus
),

errors as (
    select
        support,
        party,
        sqrt(
            sum(
                n_psus / (n_psus - 1) * (sum_of_squares - sum_of_scores * sum_of_scores / n_psus)
            )
        ) as standard_error
    from stratum_sums
    group by
        support,
        party
),

final as (
    select
        shares.support,
        shares.party,
        shares.share,
        errors.standard_error,
        shares.n_respondents
    from shares
    inner join errors
        on
            shares.support = errors.support
            and shares.party = errors.party
)

select * from final
order by
    support,
    party
