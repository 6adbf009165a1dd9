/* Rows that hold from wave to wave: none ends before it begins, and no two for one thing hold at once. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

questions as (
    select * from {{ ref('stg_codebook__questions') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

waived_columns as (
    select * from {{ ref('stg_codebook__waived_columns') }}
),

overlapping_questions as (
    {{ overlap_check('questions', ['study_id', 'variable_id'], 'waves') | indent(4) }}
),

overlapping_crosswalk as (
    {{ overlap_check(
        'crosswalk', ['study_id', 'crosswalk_id', 'source_code'], 'waves'
    ) | indent(4) }}
),

overlapping_waivers as (
    {{ overlap_check('waived_columns', ['study_id', 'source_column'], 'waves') | indent(4) }}
),

validity_rows as (
    select
        'questions' as seed,
        study_id,
        source_column as named,
        valid_from_wave,
        valid_to_wave
    from questions

    union all

    select
        'crosswalk' as seed,
        study_id,
        source_code as named,
        valid_from_wave,
        valid_to_wave
    from crosswalk

    union all

    select
        'waived_columns' as seed,
        study_id,
        source_column as named,
        valid_from_wave,
        valid_to_wave
    from waived_columns
),

reversed_validity as (
    select
        {{ problem_columns(
            check_id='codebook_reversed_validity',
            file="'seeds/codebook/' || validity_rows.seed || '.csv'",
            study_id='validity_rows.study_id',
            wave_id='validity_rows.valid_to_wave',
            column_name="'valid_to_wave'",
            source_code='validity_rows.named',
            problem="'The row ends before it begins (' || validity_rows.valid_from_wave || ' to ' || validity_rows.valid_to_wave || ').'",
            remedy="'Exchange the two waves, or leave valid_to_wave empty where the row still holds.'"
        ) | indent(8) }}
    from validity_rows
    inner join waves as first_wave
        on
            validity_rows.study_id = first_wave.study_id
            and validity_rows.valid_from_wave = first_wave.wave_id
    inner join waves as last_wave
        on
            validity_rows.study_id = last_wave.study_id
            and validity_rows.valid_to_wave = last_wave.wave_id
    where last_wave.wave_number < first_wave.wave_number
),

final as (
    {% for check in [
        'overlapping_questions', 'overlapping_crosswalk', 'overlapping_waivers', 'reversed_validity'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
