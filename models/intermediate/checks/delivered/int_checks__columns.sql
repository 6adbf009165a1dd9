/* Columns that were delivered, and that the codebook neither declares nor waives. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
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

delivered_columns as (
    select * from {{ ref('int_checks__delivered_columns') }}
),

waived_delivered as (
    select * from {{ ref('int_checks__waived_delivered') }}
),

declared_columns as (
    select * from {{ ref('int_checks__declared_columns') }}
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

    union distinct

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

final as (
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
)

select * from final
