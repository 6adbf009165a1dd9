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

final as (
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
)

select * from final
