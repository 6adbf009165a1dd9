-- Exercise 9: the name of a file as a column
--
-- seeds/waves/api/api_1999.csv and seeds/waves/api/api_2000.csv hold the schools of two years. The
-- score is in the column api99 in one, and in api00 in the other. Read both files with one read_csv.
-- Give for each wave the number of schools and their mean score (a plain mean: all weights are equal).
-- The wave is the year in the name of the file, as text.
--
-- One row is: wave_id
-- Columns: wave_id, n_schools, mean_score

