with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

waived_columns as (
    select * from {{ ref('stg_codebook__waived_columns') }}
),

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

waived_delivered as (
    select * from {{ ref('int_checks__waived_delivered') }}
),

declared_columns as (
    select * from {{ ref('int_checks__declared_columns') }}
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
    {% for check in ['contradictions', 'idle_patterns'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
