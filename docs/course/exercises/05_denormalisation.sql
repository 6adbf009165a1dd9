-- Exercise 5: from the star to a flat table
--
-- Count the answers to the variable 'party' in each wave of the study 'bsa'. Give the label of the
-- wave (marts.dim_wave) and that of the category (marts.dim_category), so that nobody who reads the
-- result needs a join. Leave the column category_label of marts.fct_answers alone: join.
--
-- One row is: wave_label, category_label
-- Columns: wave_label, category_label, n_answers

