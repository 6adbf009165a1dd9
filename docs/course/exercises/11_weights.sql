-- Exercise 11: a mean with adjusted weights
--
-- California had 4,421 elementary, 755 high and 1,018 middle schools. Give each school of the wave
-- 2000 of the study 'api' the weight that makes its type (the variable school_type) add up to these
-- numbers. Then give the number of sampled schools, the plain mean of their score (api_score), and
-- the mean with the adjusted weights. The result is one row.
--
-- One row is: n_schools
-- Columns: n_schools, plain_mean, weighted_mean

