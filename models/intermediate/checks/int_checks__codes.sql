/* Every delivered code ends as a category, a number inside its bounds, or a named kind of missing. */
with

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

-- Messages show bounds as they are written, since engines print numbers differently.
written_variables as (
    select * from {{ ref('variables') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

offered_categories as (
    select * from {{ ref('int_codebook__offered_categories') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

variable_group_members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
),

derived_sums as (
    select * from {{ ref('int_delivered__derived_sums') }}
),

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

-- Codes of a crosswalk that does not exist at all are one problem, listed elsewhere.
known_crosswalks as (
    select distinct
        study_id,
        crosswalk_id
    from crosswalk
),

crosswalk_of_no_wave as (
    {{ rows_of_no_wave('crosswalk', 'waves') | indent(4) }}
),

misplaced_codes as (
    select distinct
        study_id,
        crosswalk_id,
        source_code
    from crosswalk_of_no_wave
),

described as (
    select
        mapped_codes.*,
        questions.crosswalk_id,
        questions.derived_from_variable_id,
        variables.value_type,
        variables.lower_bound,
        variables.upper_bound,
        variables.unit,
        written_variables.lower_bound as written_lower_bound,
        written_variables.upper_bound as written_upper_bound,
        known_crosswalks.crosswalk_id is not null
        and misplaced_codes.source_code is null
        and misplaced_numbers.source_code is null as has_crosswalk
    from mapped_codes
    inner join questions
        on
            mapped_codes.study_id = questions.study_id
            and mapped_codes.wave_id = questions.wave_id
            and mapped_codes.variable_id = questions.variable_id
            and mapped_codes.source_column = questions.source_column
    inner join variables
        on mapped_codes.variable_id = variables.variable_id
    inner join written_variables
        on mapped_codes.variable_id = written_variables.variable_id
    left join known_crosswalks
        on
            questions.study_id = known_crosswalks.study_id
            and questions.crosswalk_id = known_crosswalks.crosswalk_id
    left join misplaced_codes
        on
            questions.study_id = misplaced_codes.study_id
            and questions.crosswalk_id = misplaced_codes.crosswalk_id
            and mapped_codes.source_code = misplaced_codes.source_code
    left join misplaced_codes as misplaced_numbers
        on
            questions.study_id = misplaced_numbers.study_id
            and questions.crosswalk_id = misplaced_numbers.crosswalk_id
            and misplaced_numbers.source_code = {{ number_code() }}
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
            problem="'Variable ' || variable_id || ' is a number, and this is none; crosswalk ' || crosswalk_id || ' does not name it either.'",
            remedy="'Correct the file; if it is a code (a kind of missing, a band), add it to seeds/codebook/crosswalk.csv.'"
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
            remedy="'If it is a code for a missing answer, map it in seeds/codebook/crosswalk.csv; if it is right, widen the bounds in seeds/codebook/variables.csv; else correct the file.'"
        ) | indent(8) }}
    from described
    where
        numeric_value < lower_bound
        or numeric_value > upper_bound
),

derivation_gaps as (
    select
        {{ problem_columns(
            check_id='derivation_gap',
            file=codebook_file('derivations'),
            study_id='described.study_id',
            wave_id='described.wave_id',
            column_name='described.source_column',
            source_code='described.source_code',
            n_rows='described.n_respondents',
            problem="'Derived variable ' || described.variable_id || ' has no category for this value of ' || described.derived_from_variable_id || '.'",
            remedy="'Add a row, or widen a band, in seeds/codebook/derivations.csv.'"
        ) | indent(8) }}
    from described
    inner join mapped_codes as source_codes
        on
            described.study_id = source_codes.study_id
            and described.wave_id = source_codes.wave_id
            and described.source_column = source_codes.source_column
            and described.source_code = source_codes.source_code
            and described.derived_from_variable_id = source_codes.variable_id
    where
        described.missing_kind = 'invalid'
        and source_codes.missing_kind is null
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
            remedy="'Have it delivered under another code.'"
        ) | indent(8) }}
    from delivered
    where source_code in ({{ empty_code() }}, {{ number_code() }})
    group by
        study_id,
        wave_id,
        source_column,
        source_code
),

mappings_per_code as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        source_code,
        max(n_respondents) as n_respondents,
        max(derived_from_variable_id) as derived_from_variable_id,
        count(*) as n_mappings
    from described
    group by
        study_id,
        wave_id,
        variable_id,
        source_column,
        source_code
),

-- A code that the crosswalk itself maps twice is its own problem, listed elsewhere.
derivation_overlaps as (
    select
        {{ problem_columns(
            check_id='derivation_overlap',
            file=codebook_file('derivations'),
            study_id='derived.study_id',
            wave_id='derived.wave_id',
            column_name='derived.source_column',
            source_code='derived.source_code',
            n_rows='derived.n_respondents',
            problem="'Derived variable ' || derived.variable_id || ' has more than one category for this value of ' || derived.derived_from_variable_id || '.'",
            remedy="'Make the bands in seeds/codebook/derivations.csv meet without overlap (upper bounds are exclusive).'"
        ) | indent(8) }}
    from mappings_per_code as derived
    inner join mappings_per_code as asked
        on
            derived.study_id = asked.study_id
            and derived.wave_id = asked.wave_id
            and derived.source_column = asked.source_column
            and derived.source_code = asked.source_code
            and derived.derived_from_variable_id = asked.variable_id
    where derived.n_mappings > asked.n_mappings
),

sums_out_of_bounds as (
    select
        {{ problem_columns(
            check_id='number_out_of_bounds',
            file=codebook_file('derived_sum_scores'),
            study_id='derived_sums.study_id',
            wave_id='derived_sums.wave_id',
            column_name="'score'",
            source_code='derived_sums.variable_id',
            n_rows='count(*)',
            problem="'Sums of this variable do not all lie between ' || coalesce(min(written_variables.lower_bound), 'minus infinity') || ' and ' || coalesce(min(written_variables.upper_bound), 'infinity') || '.'",
            remedy="'Correct the scores, or widen the bounds in seeds/codebook/variables.csv.'"
        ) | indent(8) }}
    from derived_sums
    inner join variables
        on derived_sums.variable_id = variables.variable_id
    inner join written_variables
        on derived_sums.variable_id = written_variables.variable_id
    where
        derived_sums.numeric_value < variables.lower_bound
        or derived_sums.numeric_value > variables.upper_bound
    group by
        derived_sums.study_id,
        derived_sums.wave_id,
        derived_sums.variable_id
),

sum_mappings as (
    select
        study_id,
        wave_id,
        row_number,
        variable_id,
        count(*) as n_mappings,
        max(case when missing_kind = 'invalid' then 1 else 0 end) as is_invalid
    from derived_sums
    group by
        study_id,
        wave_id,
        row_number,
        variable_id
),

misfit_sum_groups as (
    select
        {{ problem_columns(
            check_id='derived_sum_groups',
            file=codebook_file('derivations'),
            study_id='study_id',
            wave_id='wave_id',
            column_name="'lower_bound, upper_bound'",
            source_code='variable_id',
            n_rows='count(*)',
            problem="'The groups of a sum have ' || case when max(n_mappings) > 1 then 'more than one category' else 'no category' end || ' for some of its values.'",
            remedy="'Make the bands in seeds/codebook/derivations.csv meet without gap or overlap (upper bounds are exclusive).'"
        ) | indent(8) }}
    from sum_mappings
    where
        n_mappings > 1
        or is_invalid = 1
    group by
        study_id,
        wave_id,
        variable_id
),

offered_items as (
    select
        offered_categories.study_id,
        offered_categories.wave_id,
        offered_categories.variable_id,
        variable_groups.mention_category_code,
        min(offered_categories.category_code) as first_category,
        max(offered_categories.category_code) as last_category
    from offered_categories
    inner join variable_group_members
        on offered_categories.variable_id = variable_group_members.variable_id
    inner join variable_groups
        on variable_group_members.variable_group_id = variable_groups.variable_group_id
    inner join measures
        on
            variable_groups.variable_group_id = measures.variable_group_id
            and measures.measure_kind = 'share_of_cases'
    group by
        offered_categories.study_id,
        offered_categories.wave_id,
        offered_categories.variable_id,
        variable_groups.mention_category_code
),

-- of those who answered it, everybody would have named it
items_without_no as (
    select
        {{ problem_columns(
            check_id='item_without_no',
            file=codebook_file('crosswalk'),
            study_id='study_id',
            wave_id='wave_id',
            column_name="'category_code'",
            source_code='variable_id',
            problem="'Every answer to this item that the crosswalk knows is ' || mention_category_code || ', so that everybody who answered it would have given it.'",
            remedy="'Give the code for an answer not given its category too. It is often a blank (<empty>); keep missing kinds for people who did not answer.'"
        ) | indent(8) }}
    from offered_items
    where
        first_category = mention_category_code
        and last_category = mention_category_code
),

final as (
    {% for check in [
        'unknown_codes', 'texts_in_numbers', 'reserved_codes', 'out_of_bounds', 'derivation_gaps',
        'derivation_overlaps', 'sums_out_of_bounds', 'misfit_sum_groups', 'items_without_no'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
