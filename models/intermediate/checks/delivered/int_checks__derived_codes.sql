/* Every answer has one category in what is derived from it, and sums lie within their bounds. */
with

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

-- Messages show bounds as they are written, since engines print numbers differently.
written_variables as (
    select * from {{ ref('variables') }}
),

derived_sums as (
    select * from {{ ref('int_delivered__derived_sums') }}
),

described as (
    select * from {{ ref('int_checks__described_codes') }}
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
            file=codebook_file('derived_sums'),
            study_id='derived_sums.study_id',
            wave_id='derived_sums.wave_id',
            column_name="'score_id'",
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

final as (
    {% for check in [
        'derivation_gaps', 'derivation_overlaps', 'sums_out_of_bounds', 'misfit_sum_groups'
    ] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
