-- depends_on: {{ ref('int_checks__problems') }}
/*
    What the files of landed waves say of columns and codes, where one row of the codebook holds over two waves
    and so says that nothing changed.
    1. Compared is with the last wave before that has a label at all: CSV files have none.
    2. A column is compared with itself: a variable may have several.
    3. Typography does not count: case, blanks, punctuation, kinds of quotes and dashes, contractions, and the
       question number before a column's label.
*/
with

questions as (
    select *
    from {{ ref('int_codebook__questions_by_wave') }}
    where derived_from_variable_id is null
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

landed_columns as (
    select * from {{ ref('stg_landing__columns') }}
),

landed_labels as (
    select * from {{ ref('stg_landing__value_labels') }}
),

crosswalk_by_wave as (
    {{ expand_validity('crosswalk', 'waves') | indent(4) }}
),

worded as (
    select
        questions.study_id,
        questions.wave_id,
        questions.wave_number,
        questions.variable_id,
        questions.source_column,
        questions.valid_from_wave,
        landed_columns.column_label as label,
        {{ plain_words('landed_columns.column_label', 'landed_columns.source_column') }} as words
    from questions
    inner join landed_columns
        on
            questions.study_id = landed_columns.study_id
            and questions.wave_id = landed_columns.wave_id
            and questions.source_column = landed_columns.source_column
    where landed_columns.column_label is not null
),

wordings as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        label,
        words,
        lag(wave_id) over (
            partition by study_id, variable_id, source_column, valid_from_wave
            order by wave_number
        ) as from_wave_id,
        lag(label) over (
            partition by study_id, variable_id, source_column, valid_from_wave
            order by wave_number
        ) as from_label,
        lag(words) over (
            partition by study_id, variable_id, source_column, valid_from_wave
            order by wave_number
        ) as from_words
    from worded
),

labelled as (
    select
        questions.study_id,
        questions.wave_id,
        questions.wave_number,
        questions.variable_id,
        questions.source_column,
        questions.crosswalk_id,
        crosswalk_by_wave.source_code,
        crosswalk_by_wave.valid_from_wave,
        landed_labels.value_label as label,
        {{ plain_words('landed_labels.value_label') }} as words
    from questions
    inner join crosswalk_by_wave
        on
            questions.study_id = crosswalk_by_wave.study_id
            and questions.wave_id = crosswalk_by_wave.wave_id
            and questions.crosswalk_id = crosswalk_by_wave.crosswalk_id
    inner join landed_labels
        on
            questions.study_id = landed_labels.study_id
            and questions.wave_id = landed_labels.wave_id
            and questions.source_column = landed_labels.source_column
            and crosswalk_by_wave.source_code = landed_labels.source_code
    where landed_labels.value_label is not null
),

value_labels as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        source_code,
        label,
        words,
        lag(wave_id) over (
            partition by
                study_id, variable_id, source_column, crosswalk_id, source_code, valid_from_wave
            order by wave_number
        ) as from_wave_id,
        lag(label) over (
            partition by
                study_id, variable_id, source_column, crosswalk_id, source_code, valid_from_wave
            order by wave_number
        ) as from_label,
        lag(words) over (
            partition by
                study_id, variable_id, source_column, crosswalk_id, source_code, valid_from_wave
            order by wave_number
        ) as from_words
    from labelled
),

found as (
    select
        study_id,
        wave_id,
        from_wave_id,
        'wording_changed' as drift_kind,
        source_column as subject,
        variable_id,
        {{ quoted('from_label') }} || ' became ' || {{ quoted('label') }}
        || ', and one row of seeds/codebook/questions.csv holds for both.' as finding
    from wordings
    where words <> from_words

    union all

    select
        study_id,
        wave_id,
        from_wave_id,
        'value_label_changed' as drift_kind,
        source_column || '=' || source_code as subject,
        variable_id,
        'The label of the code went from '
        || {{ quoted('from_label') }} || ' to ' || {{ quoted('label') }}
        || ', and one row of seeds/codebook/crosswalk.csv holds for both.' as finding
    from value_labels
    where words <> from_words
),

-- Two variables may be made of one column: the first tells of it.
numbered as (
    select
        *,
        row_number() over (
            partition by study_id, wave_id, drift_kind, subject
            order by variable_id
        ) as place
    from found
),

final as (
    select
        study_id,
        wave_id,
        from_wave_id,
        drift_kind,
        'differences' as statistic,
        subject,
        variable_id,
        cast(1 as {{ type_number() }}) as value,
        finding
    from numbered
    where place = 1
)

select * from final
