-- One row is: wave_id
-- Hint: union_by_name = true puts columns together by their names; coalesce() takes the one that is
--   filled. filename = true gives the path of the file; regexp_extract() or right() find the year.
select
    regexp_extract(filename, 'api_([0-9]{4})[.]csv', 1) as wave_id,
    count(*) as n_schools,
    avg(coalesce(api99, api00)::double) as mean_score
from read_csv('seeds/waves/api/*.csv', all_varchar = true, union_by_name = true, filename = true)
group by regexp_extract(filename, 'api_([0-9]{4})[.]csv', 1)
