-- One row is: wave_id
-- Hint: a block cannot be skipped if the wave lies between its smallest and its largest wave_id,
--   these two included. Of the zone map, take the rows of the column wave_id only.
select
    waves.wave_id,
    count(*) as n_blocks
from marts.dim_wave as waves
inner join parquet_metadata('warehouse/parquet/fct_answers.parquet') as blocks
    on waves.wave_id between blocks.stats_min and blocks.stats_max
where
    waves.study_id = 'gss'
    and blocks.path_in_schema = 'wave_id'
group by waves.wave_id
