-- One row is: candidate
-- Hint: count values, not rows. A value that is there four times counts once. Group by the
--   candidate, keep groups with more than one row (having), and count the groups.
with

respondents as (
    select
        respondent_key,
        person_key,
        wave_id
    from marts.fct_respondents
    where study_id = 'bsa'
),

repeated as (
    select 'respondent_key' as candidate
    from respondents
    group by respondent_key
    having count(*) > 1

    union all

    select 'person_key' as candidate
    from respondents
    group by person_key
    having count(*) > 1

    union all

    select 'person_key, wave_id' as candidate
    from respondents
    group by
        person_key,
        wave_id
    having count(*) > 1
),

candidates as (
    select unnest(['respondent_key', 'person_key', 'person_key, wave_id']) as candidate
)

select
    candidates.candidate,
    count(repeated.candidate) as n_repeated
from candidates
left join repeated
    on candidates.candidate = repeated.candidate
group by candidates.candidate
