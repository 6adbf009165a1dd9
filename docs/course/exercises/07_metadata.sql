-- Exercise 7: who was asked?
--
-- marts.dictionary_questions has the universe of each question: the people whom it was put to. Take
-- the wave 2006 of the study 'gss'. Give the variables that were not put to all respondents.
--
-- One row is: variable_id
-- Columns: variable_id, universe

