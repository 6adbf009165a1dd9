-- One row is: column_name
-- Hint: count the different values of a person first (count(distinct ...) by respond and column),
--   then count the people with more than one. Columns without such people have a row too, with 0.
with

delivered as (
    select
        respond,
        district,
        numpos,
        party,
        class,
        gender,
        age,
        religion
    from read_csv('seeds/waves/bsa/*.csv', all_varchar = true)
),

answers as (
    unpivot delivered
    on district, numpos, party, class, gender, age, religion
    into name column_name value delivered_value
),

people as (
    select
        column_name,
        respond,
        count(distinct delivered_value) as n_values
    from answers
    group by
        column_name,
        respond
)

select
    column_name,
    count(*) filter (where n_values > 1) as n_people
from people
group by column_name
