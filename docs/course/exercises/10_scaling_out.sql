-- Exercise 10: pool two waves by their moments
--
-- Reduce the answers to tv_hours of the study 'gss' to one row for each wave: the number of answers,
-- and the sum of numeric_value (rows with a missing_kind have none). From these rows alone, give for
-- each wave but the first the mean of the wave together with the wave before it. It is what
-- marts.fct_pooled_estimates says of tv_hours_mean; do not read it there.
--
-- One row is: wave_id
-- Columns: wave_id, n_respondents, estimate

