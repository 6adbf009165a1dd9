/* Files, rows and columns: what was delivered against what the codebook declares, both ways. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

question_rows as (
    select * from {{ ref('stg_codebook__questions') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

waived_columns as (
    select * from {{ ref('stg_codebook__waived_columns') }}
),

deliveries as (
    select * from {{ ref('stg_codebook__deliveries') }}
),

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

landed_columns as (
    select * from {{ ref('stg_landing__columns') }}
),

waived_by_wave as (
    {{ expand_validity('waived_columns', 'waves') | indent(4) }}
),

landed_waves as (
    select distinct
        study_id,
        wave_id
    from landed_files
),

wave_files as (
    {{ wave_seeds() | indent(4) }}
),

described_columns as (
    {{ wave_seed_columns() | indent(4) }}
),

questions_of_no_wave as (
    {{ rows_of_no_wave('question_rows', 'waves') | indent(4) }}
),

waivers_of_no_wave as (
    {{ rows_of_no_wave('waived_columns', 'waves') | indent(4) }}
),

misplaced_columns as (
    select
        study_id,
        source_column
    from questions_of_no_wave

    union

    select
        study_id,
        source_column
    from waivers_of_no_wave
),

-- In a wave without a number or without a known design, nobody can say what is undeclared.
known_waves as (
    select distinct
        waves.study_id,
        waves.wave_id
    from waves
    inner join design_columns
        on waves.design_id = design_columns.design_id
    where waves.wave_number is not null
),

delivered_columns as (
    select
        study_id,
        wave_id,
        source_column
    from codes

    union

    -- of landed waves only the columns that the codebook names are read
    select
        landed_columns.study_id,
        landed_columns.wave_id,
        landed_columns.source_column
    from landed_columns
    inner join waves
        on
            landed_columns.study_id = waves.study_id
            and landed_columns.wave_id = waves.wave_id
    where waves.delivered_as = 'landing'
),

waived_delivered as (
    select distinct
        delivered_columns.study_id,
        delivered_columns.wave_id,
        delivered_columns.source_column,
        waived_by_wave.source_column as waived_as
    from delivered_columns
    inner join waived_by_wave
        on
            delivered_columns.study_id = waived_by_wave.study_id
            and delivered_columns.wave_id = waived_by_wave.wave_id
            and {{ matches_waiver(
                'delivered_columns.source_column', 'waived_by_wave.source_column'
            ) }}
),

declared_columns as (
    select
        study_id,
        wave_id,
        source_column,
        'seeds/codebook/questions.csv' as declared_in
    from questions
    -- sums have no column of their own
    where source_column is not null

    union

    select
        waves.study_id,
        waves.wave_id,
        design_columns.source_column,
        'seeds/codebook/design_columns.csv' as declared_in
    from waves
    inner join design_columns
        on waves.design_id = design_columns.design_id
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

-- What is there, whether any of it could be read or not; rows are known of landed waves only.
delivered_waves as (
    select
        study_id,
        wave_id,
        'seed' as delivered_as,
        cast(null as bigint) as n_rows
    from wave_files
    where is_staged

    union all

    select
        study_id,
        wave_id,
        'landing' as delivered_as,
        max(n_rows) as n_rows
    from landed_files
    group by
        study_id,
        wave_id
),

-- A landed wave without any column that the codebook names has no answers to be seen.
read_waves as (
    select
        study_id,
        wave_id
    from loaded

    union

    select
        delivered_waves.study_id,
        delivered_waves.wave_id
    from delivered_waves
    inner join waves
        on
            delivered_waves.study_id = waves.study_id
            and delivered_waves.wave_id = waves.wave_id
            and delivered_waves.delivered_as = waves.delivered_as
    where delivered_waves.n_rows > 0
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
            remedy="case when waves.wave_id is null then 'Add the wave to seeds/codebook/waves.csv with delivered_as landing and run make generate, or remove the folder.' else 'Set its delivered_as in seeds/codebook/waves.csv to landing and run make generate, or remove the folder.' end"
        ) | indent(8) }}
    from landed_waves
    left join waves
        on
            landed_waves.study_id = waves.study_id
            and landed_waves.wave_id = waves.wave_id
    where coalesce(waves.delivered_as, '') <> 'landing'
),

seeds_beside_landings as (
    select
        {{ problem_columns(
            check_id='wave_delivered_twice',
            file='wave_files.file_path',
            study_id='wave_files.study_id',
            wave_id='wave_files.wave_id',
            problem="'The codebook declares this wave as landed, and there is a file of it too.'",
            remedy="'Remove the file, or set delivered_as of the wave in seeds/codebook/waves.csv to seed.'"
        ) | indent(8) }}
    from wave_files
    inner join waves
        on
            wave_files.study_id = waves.study_id
            and wave_files.wave_id = waves.wave_id
    where waves.delivered_as = 'landing'
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
            remedy="'Land the declared file (wavehouse fetch ' || deliveries.study_id || '), or, if the new one is right, correct the row.'"
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
            remedy="'Land the declared files (wavehouse fetch ' || landed_files.study_id || '), or, if the file belongs to the wave, add its row.'"
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

undeclared_files as (
    select
        {{ problem_columns(
            check_id='wave_file_undeclared',
            file='wave_files.file_path',
            study_id='wave_files.study_id',
            wave_id='wave_files.wave_id',
            problem="case when wave_files.wave_id is null then 'The name does not follow seeds/waves/<study>/<study>_<wave>.csv.' else 'The codebook declares no wave for this file.' end",
            remedy="case when wave_files.wave_id is null then 'Move or rename the file.' else 'Add the wave to seeds/codebook/waves.csv and run make generate, or remove the file.' end"
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
            remedy="'Check that the delivery is complete; then correct the file, or expected_respondents in seeds/codebook/waves.csv.'"
        ) | indent(8) }}
    from waves
    inner join loaded
        on
            waves.study_id = loaded.study_id
            and waves.wave_id = loaded.wave_id
    where loaded.n_rows <> waves.expected_respondents
),

undeclared_columns as (
    select
        {{ problem_columns(
            check_id='column_undeclared',
            file=wave_file('delivered_columns.study_id', 'delivered_columns.wave_id'),
            study_id='delivered_columns.study_id',
            wave_id='delivered_columns.wave_id',
            column_name='delivered_columns.source_column',
            problem="'The column was delivered, but the codebook neither declares nor waives it for this wave.'",
            remedy="'Declare it in seeds/codebook/questions.csv, or waive it with a reason in seeds/codebook/waived_columns.csv.'"
        ) | indent(8) }}
    from delivered_columns
    inner join known_waves
        on
            delivered_columns.study_id = known_waves.study_id
            and delivered_columns.wave_id = known_waves.wave_id
    left join declared_columns
        on
            delivered_columns.study_id = declared_columns.study_id
            and delivered_columns.wave_id = declared_columns.wave_id
            and delivered_columns.source_column = declared_columns.source_column
    left join waived_delivered
        on
            delivered_columns.study_id = waived_delivered.study_id
            and delivered_columns.wave_id = waived_delivered.wave_id
            and delivered_columns.source_column = waived_delivered.source_column
    left join misplaced_columns
        on
            delivered_columns.study_id = misplaced_columns.study_id
            and {{ matches_waiver(
                'delivered_columns.source_column', 'misplaced_columns.source_column'
            ) }}
    where
        declared_columns.source_column is null
        and waived_delivered.source_column is null
        and misplaced_columns.source_column is null
),

undelivered_columns as (
    select
        {{ problem_columns(
            check_id='column_not_delivered',
            file=wave_file('declared_columns.study_id', 'declared_columns.wave_id'),
            study_id='declared_columns.study_id',
            wave_id='declared_columns.wave_id',
            column_name='declared_columns.source_column',
            problem="declared_columns.declared_in || ' declares the column for this wave, but it was not delivered.'",
            remedy="'Correct its name, deliver it, or end the row that declares it with the wave before (valid_to_wave).'"
        ) | indent(8) }}
    from declared_columns
    inner join read_waves
        on
            declared_columns.study_id = read_waves.study_id
            and declared_columns.wave_id = read_waves.wave_id
    left join delivered_columns
        on
            declared_columns.study_id = delivered_columns.study_id
            and declared_columns.wave_id = delivered_columns.wave_id
            and declared_columns.source_column = delivered_columns.source_column
    where delivered_columns.source_column is null
),

contradictions as (
    select
        {{ problem_columns(
            check_id='column_declared_and_waived',
            file=codebook_file('waived_columns'),
            study_id='waived_by_wave.study_id',
            wave_id='waived_by_wave.wave_id',
            column_name='waived_by_wave.source_column',
            problem="'The column is waived here and declared in ' || declared_columns.declared_in || '.'",
            remedy="'Remove one of the two rows.'"
        ) | indent(8) }}
    from waived_by_wave
    inner join declared_columns
        on
            waived_by_wave.study_id = declared_columns.study_id
            and waived_by_wave.wave_id = declared_columns.wave_id
            and waived_by_wave.source_column = declared_columns.source_column
),

-- Names without a star may stand for columns that only some waves have; a pattern has to have a meaning.
idle_patterns as (
    select
        {{ problem_columns(
            check_id='waiver_without_column',
            file=codebook_file('waived_columns'),
            study_id='waived_columns.study_id',
            wave_id='waived_columns.valid_from_wave',
            column_name='waived_columns.source_column',
            problem="'No delivered column begins like this.'",
            remedy="'Correct the pattern, or remove the row.'"
        ) | indent(8) }}
    from waived_columns
    inner join landed_waves
        on
            waived_columns.study_id = landed_waves.study_id
            and waived_columns.valid_from_wave = landed_waves.wave_id
    left join waived_delivered
        on
            waived_columns.study_id = waived_delivered.study_id
            and waived_columns.source_column = waived_delivered.waived_as
    where
        waived_columns.source_column like '%*'
        and waived_delivered.waived_as is null
),

final as (
    {% for check in [
        'missing_files', 'missing_landings', 'undeclared_files', 'undeclared_landings',
        'seeds_beside_landings', 'changed_deliveries', 'unexpected_deliveries', 'stale_models',
        'stale_columns', 'empty_waves', 'row_counts', 'undeclared_columns', 'undelivered_columns',
        'contradictions', 'idle_patterns'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
