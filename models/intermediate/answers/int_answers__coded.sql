{{ config(
    materialized='by_wave',
    meta={
        'units': 'int_delivered__waves',
        'inputs': {
            'int_checks__problems': none,
            'int_delivered__respondents': {
                'by': ['study_id', 'wave_id'],
                'columns': ['row_number', 'respondent_number'],
            },
            'int_delivered__mapped_codes': {
                'by': ['study_id', 'wave_id'],
                'columns': [
                    'variable_id', 'source_column', 'source_code', 'category_code', 'numeric_value',
                    'missing_kind',
                ],
            },
            'int_delivered__derived_sums': {'by': ['study_id', 'wave_id']},
        },
    },
) }}
-- depends_on: {{ ref('int_checks__problems') }}
-- depends_on: {{ ref('int_delivered__waves') }}
with

delivered as (
    select *
    from {{ ref('int_delivered__answers') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
),

mapped_codes as (
    select *
    from {{ ref('int_delivered__mapped_codes') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
),

derived_sums as (
    select * from {{ ref('int_delivered__derived_sums') }}
),

respondents as (
    select *
    from {{ ref('int_delivered__respondents') }}
    where {{ of_these_units(['study_id', 'wave_id']) }}
),

of_codes as (
    select
        -- keys
        delivered.study_id,
        delivered.wave_id,
        respondents.wave_key,
        respondents.respondent_number,
        mapped_codes.variable_id,
        mapped_codes.answer_key,

        -- as delivered
        delivered.source_column,
        delivered.source_code,

        -- as harmonised: one of the three is filled
        mapped_codes.category_code,
        mapped_codes.numeric_value,
        mapped_codes.missing_kind
    from delivered
    inner join mapped_codes
        on
            delivered.study_id = mapped_codes.study_id
            and delivered.wave_id = mapped_codes.wave_id
            and delivered.source_column = mapped_codes.source_column
            and coalesce(delivered.source_code, {{ empty_code() }}) = mapped_codes.source_code
    inner join respondents
        on
            delivered.study_id = respondents.study_id
            and delivered.wave_id = respondents.wave_id
            and delivered.row_number = respondents.row_number
),

of_sums as (
    select
        derived_sums.study_id,
        derived_sums.wave_id,
        respondents.wave_key,
        respondents.respondent_number,
        derived_sums.variable_id,
        derived_sums.answer_key,
        cast(null as {{ dbt.type_string() }}) as source_column,
        cast(null as {{ dbt.type_string() }}) as source_code,
        derived_sums.category_code,
        derived_sums.numeric_value,
        derived_sums.missing_kind
    from derived_sums
    inner join respondents
        on
            derived_sums.study_id = respondents.study_id
            and derived_sums.wave_id = respondents.wave_id
            and derived_sums.row_number = respondents.row_number
),

final as (
    select * from of_codes
    union all
    select * from of_sums
)

select * from final
