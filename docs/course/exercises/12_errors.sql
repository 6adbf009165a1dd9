-- Exercise 12: an error between districts
--
-- Take the answers to abortion_support (numeric_value) in the wave 1983 of the study 'bsa'. All weights
-- are 1, there are no strata, and psu_key in marts.fct_respondents is the district. Give the number of
-- districts, the mean, and its standard error by the formula of the lesson. Do not read the error from
-- marts.fct_trend_estimates, but meet it. The result is one row.
--
-- One row is: n_districts
-- Columns: n_districts, estimate, standard_error

