/* Waves in the landing folder, and the files that they were made of. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

deliveries as (
    select * from {{ ref('stg_codebook__deliveries') }}
),

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

landed_waves as (
    select distinct
        study_id,
        wave_id
    from landed_files
),

missing_landings as (
    select
        {{ problem_columns(
            check_id='wave_not_landed',
            file=wave_file('waves.study_id', 'waves.wave_id'),
            study_id='waves.study_id',
            wave_id='waves.wave_id',
            problem="'The codebook declares this wave as landed, but the landing folder does not have it.'",
            remedy="'Land it with wavehouse fetch ' || waves.study_id || ' or wavehouse add-wave, or take the wave out of seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from waves
    left join landed_waves
        on
            waves.study_id = landed_waves.study_id
            and waves.wave_id = landed_waves.wave_id
    where
        landed_waves.wave_id is null
        and waves.delivered_as = 'landing'
),

undeclared_landings as (
    select
        {{ problem_columns(
            check_id='wave_landing_undeclared',
            file="'landing/' || landed_waves.study_id || '/' || landed_waves.wave_id",
            study_id='landed_waves.study_id',
            wave_id='landed_waves.wave_id',
            problem="case when waves.wave_id is null then 'A wave is landed that the codebook does not declare.' else 'The wave is landed, but the codebook declares it as a seed.' end",
            remedy="case when waves.wave_id is null then " ~ undeclared_wave_remedy('landed_waves.study_id', 'landed_waves.wave_id', 'add it to seeds/codebook/waves.csv with delivered_as landing') ~ " else 'Set its delivered_as in seeds/codebook/waves.csv to landing and run make generate, or remove the folder.' end"
        ) | indent(8) }}
    from landed_waves
    left join waves
        on
            landed_waves.study_id = waves.study_id
            and landed_waves.wave_id = waves.wave_id
    where coalesce(waves.delivered_as, '') <> 'landing'
),

-- A wave without rows in deliveries may be landed from any files.
waves_with_deliveries as (
    select distinct
        study_id,
        wave_id
    from deliveries
),

changed_deliveries as (
    select
        {{ problem_columns(
            check_id='delivery_changed',
            file=codebook_file('deliveries'),
            study_id='deliveries.study_id',
            wave_id='deliveries.wave_id',
            problem="case when landed_files.file_name is null then 'The file ' || deliveries.file_name || ' is declared, but the wave was landed without it.' else 'The file ' || deliveries.file_name || ' that was landed is not the one declared: its sha256 is ' || landed_files.sha256 || '.' end",
            remedy="'Land the declared file with wavehouse fetch ' || deliveries.study_id || '. If the new file is right, correct the row.'"
        ) | indent(8) }}
    from deliveries
    inner join landed_waves
        on
            deliveries.study_id = landed_waves.study_id
            and deliveries.wave_id = landed_waves.wave_id
    left join landed_files
        on
            deliveries.study_id = landed_files.study_id
            and deliveries.wave_id = landed_files.wave_id
            and deliveries.file_name = landed_files.file_name
    where
        landed_files.file_name is null
        or landed_files.sha256 <> deliveries.sha256
),

unexpected_deliveries as (
    select
        {{ problem_columns(
            check_id='delivery_changed',
            file=codebook_file('deliveries'),
            study_id='landed_files.study_id',
            wave_id='landed_files.wave_id',
            problem="'The file ' || landed_files.file_name || ' was landed with the others, but is not declared.'",
            remedy="'Land the declared files with wavehouse fetch ' || landed_files.study_id || '. If the file belongs to the wave, add a row for it.'"
        ) | indent(8) }}
    from landed_files
    inner join waves_with_deliveries
        on
            landed_files.study_id = waves_with_deliveries.study_id
            and landed_files.wave_id = waves_with_deliveries.wave_id
    left join deliveries
        on
            landed_files.study_id = deliveries.study_id
            and landed_files.wave_id = deliveries.wave_id
            and landed_files.file_name = deliveries.file_name
    where deliveries.file_name is null
),

final as (
    {% for check in [
        'missing_landings', 'undeclared_landings', 'changed_deliveries', 'unexpected_deliveries'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
