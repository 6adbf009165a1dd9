-- Exercise 2: find the key
--
-- Look at the rows of marts.fct_respondents with study_id = 'bsa'. Three candidates for their key are
-- 'respondent_key', 'person_key' and 'person_key, wave_id'. For each of them, count the values that
-- are there more than once. A key has none.
--
-- One row is: candidate
-- Columns: candidate, n_repeated

