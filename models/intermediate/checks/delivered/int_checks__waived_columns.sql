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

landed_columns as (
    select * from {{ ref('stg_landing__columns') }}
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

-- A name that came to stand for something else is not what somebody looked at. Files without labels say nothing.
expired as (
    select
        {{ problem_columns(
            check_id='waiver_expired',
            file=codebook_file('waived_columns'),
            study_id='waived_by_wave.study_id',
            wave_id='waived_by_wave.wave_id',
            column_name='waived_by_wave.source_column',
            problem="'The column was waived with the label ' || " ~ quoted('waived_by_wave.column_label')
                ~ " || ', but its label is now ' || " ~ quoted('landed_columns.column_label') ~ " || '.'",
            remedy="'End the waiver with the wave before, and declare the column or waive it again with its new label.'"
        ) | indent(8) }}
    from waived_by_wave
    inner join landed_columns
        on
            waived_by_wave.study_id = landed_columns.study_id
            and waived_by_wave.wave_id = landed_columns.wave_id
            and waived_by_wave.source_column = landed_columns.source_column
    where
        {{ plain_words('waived_by_wave.column_label', 'waived_by_wave.source_column') }}
        <> {{ plain_words('landed_columns.column_label', 'landed_columns.source_column') }}
),

undated as (
    select
        {{ problem_columns(
            check_id='waiver_without_date',
            file=codebook_file('waived_columns'),
            study_id='waived_columns.study_id',
            wave_id='waived_columns.valid_from_wave',
            column_name='waived_columns.source_column',
            problem="'The waiver has a label, but no date.'",
            remedy="'Write the day of the decision into waived_on.'"
        ) | indent(8) }}
    from waived_columns
    where
        waived_columns.column_label is not null
        and waived_columns.waived_on is null
),

final as (
    {% for check in ['contradictions', 'idle_patterns', 'expired', 'undated'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
