-- One row is: n_districts
-- Hint: make one z for each district, sum(score - mean) / number of people, and then one number of all
--   districts: sqrt(n / (n - 1) * sum(z * z)). Here n is the number of districts, not of people.
with

people as (
    select
        respondents.psu_key,
        answers.numeric_value as score,
        avg(answers.numeric_value) over () as mean_score,
        count(*) over () as n_people
    from marts.fct_answers as answers
    inner join marts.fct_respondents as respondents
        on answers.respondent_key = respondents.respondent_key
    where
        answers.study_id = 'bsa'
        and answers.wave_id = '1983'
        and answers.variable_id = 'abortion_support'
),

districts as (
    select
        psu_key,
        max(mean_score) as mean_score,
        sum((score - mean_score) / n_people) as z
    from people
    group by psu_key
)

select
    count(*) as n_districts,
    max(mean_score) as estimate,
    sqrt(count(*) / (count(*) - 1) * sum(z * z)) as standard_error
from districts
