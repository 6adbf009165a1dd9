/* Files of waves that the codebook declares, and the other way round; their rows. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

delivered_waves as (
    select * from {{ ref('int_checks__delivered_waves') }}
),

wave_files as (
    {{ wave_seeds() | indent(4) }}
),

loaded as (
    select
        study_id,
        wave_id,
        count(*) as n_rows
    from respondents
    group by
        study_id,
        wave_id
),

missing_files as (
    select
        {{ problem_columns(
            check_id='wave_file_missing',
            file=wave_file('waves.study_id', 'waves.wave_id'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            problem="'The codebook declares this wave, but its file is not there.'",
            remedy="'Put the file there and run make generate, or take the wave out of seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from waves
    left join wave_files
        on
            waves.study_id = wave_files.study_id
            and waves.wave_id = wave_files.wave_id
    where
        wave_files.wave_id is null
        and waves.delivered_as = 'seed'
),

seeds_beside_landings as (
    select
        {{ problem_columns(
            check_id='wave_delivered_twice',
            file='wave_files.file_path',
            study_id='wave_files.study_id',
            wave_id='wave_files.wave_id',
            problem="'The codebook declares this wave as landed, but there is also a file of it.'",
            remedy="'Remove the file, or set delivered_as of the wave in seeds/codebook/waves.csv to seed.'"
        ) | indent(8) }}
    from wave_files
    inner join waves
        on
            wave_files.study_id = waves.study_id
            and wave_files.wave_id = waves.wave_id
    where waves.delivered_as = 'landing'
),

undeclared_files as (
    select
        {{ problem_columns(
            check_id='wave_file_undeclared',
            file='wave_files.file_path',
            study_id='wave_files.study_id',
            wave_id='wave_files.wave_id',
            problem="case when wave_files.wave_id is null then 'The name does not follow seeds/waves/<study>/<study>_<wave>.csv.' else 'The codebook declares no wave for this file.' end",
            remedy="case when wave_files.wave_id is null then 'Move or rename the file.' else " ~ undeclared_wave_remedy('wave_files.study_id', 'wave_files.wave_id', 'add it to seeds/codebook/waves.csv') ~ " end"
        ) | indent(8) }}
    from wave_files
    left join waves
        on
            wave_files.study_id = waves.study_id
            and wave_files.wave_id = waves.wave_id
    where
        wave_files.file_path is not null
        and waves.wave_id is null
),

empty_waves as (
    select
        {{ problem_columns(
            check_id='wave_empty',
            file=wave_file('waves.study_id', 'waves.wave_id'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            n_rows='0',
            problem="'The file has no rows; the codebook expects ' || cast(waves.expected_respondents as " ~ dbt.type_string() ~ ") || '.'",
            remedy="'Deliver the wave again, or take it out of seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from waves
    inner join delivered_waves
        on
            waves.study_id = delivered_waves.study_id
            and waves.wave_id = delivered_waves.wave_id
            and waves.delivered_as = delivered_waves.delivered_as
    left join loaded
        on
            waves.study_id = loaded.study_id
            and waves.wave_id = loaded.wave_id
    where
        loaded.wave_id is null
        and coalesce(delivered_waves.n_rows, 0) = 0
),

row_counts as (
    select
        {{ problem_columns(
            check_id='wave_row_count',
            file=wave_file('waves.study_id', 'waves.wave_id'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            n_rows='loaded.n_rows',
            problem="'The file has ' || case when loaded.n_rows < waves.expected_respondents then 'fewer' else 'more' end || ' rows than the ' || cast(waves.expected_respondents as " ~ dbt.type_string() ~ ") || ' that the codebook expects.'",
            remedy="'Check that the delivery is complete. Then correct the file, or expected_respondents in seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from waves
    inner join loaded
        on
            waves.study_id = loaded.study_id
            and waves.wave_id = loaded.wave_id
    where loaded.n_rows <> waves.expected_respondents
),

final as (
    {% for check in [
        'missing_files', 'undeclared_files', 'seeds_beside_landings', 'empty_waves', 'row_counts'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
