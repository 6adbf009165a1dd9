/*
    1. The crosswalk is applied to each distinct code once, not to each answer: codes are few.
    2. A row for the very code goes before `<number>`, so that 99 can be "refused" beside real numbers.
    3. Numbers are rounded before anything is derived from them, so that groups follow what is shown.
    4. A code without any mapping is kept as the missing kind `invalid`, and listed by int_checks__problems.
*/
with

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

derivations as (
    select * from {{ ref('stg_codebook__derivations') }}
),

crosswalk_by_wave as (
    {{ expand_validity('crosswalk', 'waves') }}
),

matched as (
    select
        codes.study_id,
        codes.wave_id,
        codes.source_column,
        codes.source_code,
        codes.n_respondents,
        questions.variable_id,
        by_code.category_code,
        case
            when by_code.source_code is not null then by_code.numeric_value
            when by_number.source_code is not null then {{ to_number('codes.source_code') }}
        end as numeric_value,
        by_code.missing_kind,
        coalesce(by_code.mapping_method, by_number.mapping_method) as mapping_method
    from codes
    inner join questions
        on
            codes.study_id = questions.study_id
            and codes.wave_id = questions.wave_id
            and codes.source_column = questions.source_column
            and questions.derived_from_variable_id is null
    left join crosswalk_by_wave as by_code
        on
            codes.study_id = by_code.study_id
            and codes.wave_id = by_code.wave_id
            and questions.crosswalk_id = by_code.crosswalk_id
            and codes.source_code = by_code.source_code
    left join crosswalk_by_wave as by_number
        on
            codes.study_id = by_number.study_id
            and codes.wave_id = by_number.wave_id
            and questions.crosswalk_id = by_number.crosswalk_id
            and by_number.source_code = {{ number_code() }}
),

asked as (
    select
        matched.study_id,
        matched.wave_id,
        matched.variable_id,
        matched.source_column,
        matched.source_code,
        matched.n_respondents,
        matched.category_code,
        {{ rounded_to('matched.numeric_value', 'variables.decimals') | indent(8) }}
            as numeric_value,
        case
            when matched.missing_kind is not null then matched.missing_kind
            when matched.category_code is null and matched.numeric_value is null then 'invalid'
        end as missing_kind,
        matched.mapping_method
    from matched
    left join variables
        on matched.variable_id = variables.variable_id
),

derived as (
    select
        asked.study_id,
        asked.wave_id,
        questions.variable_id,
        asked.source_column,
        asked.source_code,
        asked.n_respondents,
        derivations.category_code,
        cast(null as {{ type_number() }}) as numeric_value,
        case
            when asked.missing_kind is not null then asked.missing_kind
            when derivations.category_code is null then 'invalid'
        end as missing_kind,
        'derived' as mapping_method
    from asked
    inner join questions
        on
            asked.study_id = questions.study_id
            and asked.wave_id = questions.wave_id
            and asked.source_column = questions.source_column
            and asked.variable_id = questions.derived_from_variable_id
    left join derivations
        on
            questions.variable_id = derivations.variable_id
            and asked.variable_id = derivations.source_variable_id
            and asked.missing_kind is null
            and {{ is_derived_by(
                'derivations', 'asked.category_code', 'asked.numeric_value'
            ) | indent(12) }}
),

united as (
    select * from asked
    union all
    select * from derived
),

final as (
    select
        *,
        {{ answer_key('variable_id', 'category_code') }} as answer_key
    from united
)

select * from final
