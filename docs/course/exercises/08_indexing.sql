-- Exercise 8: blocks that must be read
--
-- parquet_metadata('warehouse/parquet/fct_answers.parquet') has a row for each block (row_group_id)
-- and column (path_in_schema). stats_min and stats_max are the smallest and the largest value of the
-- column in the block. For each wave of the study 'gss' (marts.dim_wave), count the blocks that a
-- query for this wave_id cannot skip.
--
-- One row is: wave_id
-- Columns: wave_id, n_blocks

