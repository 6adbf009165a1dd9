-- Exercise 4: what was not asked
--
-- Take all waves of the study 'gss' (marts.dim_wave) and all variables that any of them asked
-- (marts.dim_question). Give each pair of wave and variable that has no row in marts.dim_question.
--
-- One row is: wave_id, variable_id
-- Columns: wave_id, variable_id

