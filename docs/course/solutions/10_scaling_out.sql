-- One row is: wave_id
-- Hint: lag() gives the count and the sum of the wave before. Add counts and add sums, then divide
--   once. The mean of two means is another number, as the waves differ in size.
with

moments as (
    select
        wave_id,
        count(numeric_value) as n,
        sum(numeric_value) as total
    from marts.fct_answers
    where
        study_id = 'gss'
        and variable_id = 'tv_hours'
    group by wave_id
),

with_previous as (
    select
        wave_id,
        n,
        total,
        lag(n) over (order by wave_id) as previous_n,
        lag(total) over (order by wave_id) as previous_total
    from moments
)

select
    wave_id,
    n + previous_n as n_respondents,
    (total + previous_total) / (n + previous_n) as estimate
from with_previous
where previous_n is not null
