/* Every delivered code ends as a category, a number inside its bounds, or a named kind of missing. */
with

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

described as (
    select * from {{ ref('int_checks__described_codes') }}
),

unknown_codes as (
    select
        {{ problem_columns(
            check_id='code_unknown',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='source_column',
            source_code='source_code',
            n_rows='n_respondents',
            problem="'Crosswalk ' || crosswalk_id || ' (variable ' || variable_id || ') does not map this code in this wave.'",
            remedy="'Add it to seeds/codebook/crosswalk.csv, from this wave on (valid_from_wave), or correct the file.'"
        ) | indent(8) }}
    from described
    where
        missing_kind = 'invalid'
        and has_crosswalk
        and derived_from_variable_id is null
        and (
            (
                value_type = 'categorical'
                and mapping_method is null
                and source_code <> {{ number_code() }}
            )
            -- `<number>` does not stand for nothing
            or (value_type = 'numeric' and source_code = {{ empty_code() }})
        )
),

texts_in_numbers as (
    select
        {{ problem_columns(
            check_id='code_not_a_number',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='source_column',
            source_code='source_code',
            n_rows='n_respondents',
            problem="'Variable ' || variable_id || ' is numeric, but this is not a number, and crosswalk ' || crosswalk_id || ' does not map it.'",
            remedy="'Correct the file. If the value is a code (for a kind of missing, or a band), add it to seeds/codebook/crosswalk.csv.'"
        ) | indent(8) }}
    from described
    where
        missing_kind = 'invalid'
        and has_crosswalk
        and derived_from_variable_id is null
        and value_type = 'numeric'
        and source_code not in ({{ empty_code() }}, {{ number_code() }})
        and category_code is null
        and numeric_value is null
        and (mapping_method is null or {{ to_number('source_code') }} is null)
),

out_of_bounds as (
    select
        {{ problem_columns(
            check_id='number_out_of_bounds',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='source_column',
            source_code='source_code',
            n_rows='n_respondents',
            problem="'Variable ' || variable_id || ' lies between ' || coalesce(written_lower_bound, 'minus infinity') || ' and ' || coalesce(written_upper_bound, 'infinity') || ' (' || coalesce(unit, 'no unit') || ').'",
            remedy="'If the number is a code for a missing answer, map it in seeds/codebook/crosswalk.csv. If it is right, widen the bounds in seeds/codebook/variables.csv. Otherwise correct the file.'"
        ) | indent(8) }}
    from described
    where
        numeric_value < lower_bound
        or numeric_value > upper_bound
),

reserved_codes as (
    select
        {{ problem_columns(
            check_id='code_reserved',
            file=wave_file('study_id', 'wave_id'),
            study_id='study_id',
            wave_id='wave_id',
            column_name='source_column',
            source_code='source_code',
            n_rows='count(*)',
            problem="'The crosswalk uses this word for something else, so the value would be misread.'",
            remedy="'Ask those who deliver the file for another code.'"
        ) | indent(8) }}
    from delivered
    where source_code in ({{ empty_code() }}, {{ number_code() }})
    group by
        study_id,
        wave_id,
        source_column,
        source_code
),

final as (
    {% for check in [
        'unknown_codes', 'texts_in_numbers', 'reserved_codes', 'out_of_bounds'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
