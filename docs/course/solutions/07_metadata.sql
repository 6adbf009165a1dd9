-- One row is: variable_id
-- Hint: look at the values of universe first. Look at one wave of one study only.
select
    variable_id,
    universe
from marts.dictionary_questions
where
    study_id = 'gss'
    and wave_id = '2006'
    and universe <> 'All respondents'
