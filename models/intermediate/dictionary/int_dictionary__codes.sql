-- depends_on: {{ ref('int_checks__problems') }}
/*
    What the crosswalk says of each wave, whether the code came or not. Derived variables have no codes of their
    own: they follow from those of what they are made of.
*/
with

questions as (
    select *
    from {{ ref('int_codebook__questions_by_wave') }}
    where not is_derived
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

crosswalk as (
    select * from {{ ref('stg_codebook__crosswalk') }}
),

codes as (
    select * from {{ ref('int_delivered__codes') }}
),

value_labels as (
    select * from {{ ref('stg_landing__value_labels') }}
),

crosswalk_by_wave as (
    {{ expand_validity('crosswalk', 'waves') }}
),

mapped as (
    select
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        questions.source_column,
        crosswalk_by_wave.source_code,
        crosswalk_by_wave.category_code,
        crosswalk_by_wave.numeric_value,
        crosswalk_by_wave.missing_kind,
        crosswalk_by_wave.mapping_method,
        crosswalk_by_wave.note
    from questions
    inner join crosswalk_by_wave
        on
            questions.study_id = crosswalk_by_wave.study_id
            and questions.wave_id = crosswalk_by_wave.wave_id
            and questions.crosswalk_id = crosswalk_by_wave.crosswalk_id
),

final as (
    select
        -- keys
        mapped.study_id,
        mapped.wave_id,
        mapped.variable_id,
        mapped.source_code,

        -- as delivered
        mapped.source_column,
        value_labels.value_label as source_code_label,
        case
            when mapped.source_code <> {{ number_code() }} then codes.source_code is not null
        end as is_delivered,

        -- as harmonised
        mapped.category_code,
        mapped.numeric_value,
        mapped.missing_kind,
        mapped.mapping_method,
        mapped.note
    from mapped
    left join codes
        on
            mapped.study_id = codes.study_id
            and mapped.wave_id = codes.wave_id
            and mapped.source_column = codes.source_column
            and mapped.source_code = codes.source_code
    left join value_labels
        on
            mapped.study_id = value_labels.study_id
            and mapped.wave_id = value_labels.wave_id
            and mapped.source_column = value_labels.source_column
            and mapped.source_code = value_labels.source_code
)

select * from final
