-- One row is: wave_id
-- Hint: a blank is not 0. Let it be null, which avg() and count() leave out. Each wave has
--   respondents who were not asked.
select
    year as wave_id,
    count(nullif(tvhours, '')) as n_respondents,
    avg(nullif(tvhours, '')::double) as estimate
from read_csv('seeds/waves/gss/*.csv', all_varchar = true, union_by_name = true)
group by year
