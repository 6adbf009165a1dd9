/* Generated files that are older than the waves. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

wave_files as (
    {{ wave_seeds() | indent(4) }}
),

described_columns as (
    {{ wave_seed_columns() | indent(4) }}
),

delivered_columns as (
    select distinct
        study_id,
        wave_id,
        source_column
    from codes
),

stale_models as (
    select
        {{ problem_columns(
            check_id='generated_file_stale',
            file='wave_files.file_path',
            study_id='wave_files.study_id',
            wave_id='wave_files.wave_id',
            problem="'No staging model reads this file yet.'",
            remedy="'Run make generate.'"
        ) | indent(8) }}
    from wave_files
    inner join waves
        on
            wave_files.study_id = waves.study_id
            and wave_files.wave_id = waves.wave_id
    where
        not wave_files.is_staged
        and waves.delivered_as = 'seed'
),

-- Without its type declared, a column is guessed to be numbers or dates, and 01 becomes 1.
stale_columns as (
    select
        {{ problem_columns(
            check_id='generated_file_stale',
            file=wave_file('delivered_columns.study_id', 'delivered_columns.wave_id'),
            study_id='delivered_columns.study_id',
            wave_id='delivered_columns.wave_id',
            column_name='delivered_columns.source_column',
            problem="'The description of the file does not have this column yet, so its values may be misread.'",
            remedy="'Run make generate.'"
        ) | indent(8) }}
    from delivered_columns
    left join described_columns
        on
            delivered_columns.study_id = described_columns.study_id
            and delivered_columns.wave_id = described_columns.wave_id
            and delivered_columns.source_column = described_columns.source_column
    inner join waves
        on
            delivered_columns.study_id = waves.study_id
            and delivered_columns.wave_id = waves.wave_id
    where
        described_columns.source_column is null
        and waves.delivered_as = 'seed'
),

final as (
    {% for check in ['stale_models', 'stale_columns'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
