with

questions as (
    select * from {{ ref('stg_codebook__questions') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

derivations as (
    select distinct
        variable_id,
        source_variable_id
    from {{ ref('stg_codebook__derivations') }}
),

asked as (
    {{ expand_validity('questions', 'waves') }}
),

-- A derived variable is available wherever the variable it is made from was asked.
derived as (
    select
        asked.study_id,
        asked.wave_id,
        asked.wave_number,
        derivations.variable_id,
        asked.variable_id as derived_from_variable_id,
        asked.source_column,
        asked.question_text,
        asked.universe,
        asked.valid_from_wave
    from asked
    inner join derivations
        on asked.variable_id = derivations.source_variable_id
),

final as (
    select
        study_id,
        wave_id,
        variable_id,

        -- where it comes from
        source_column,
        crosswalk_id,
        cast(null as {{ dbt.type_string() }}) as derived_from_variable_id,

        -- what was asked, and of whom
        question_text,
        universe,
        valid_from_wave,
        wave_number
    from asked

    union all

    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        cast(null as {{ dbt.type_string() }}) as crosswalk_id,
        derived_from_variable_id,
        question_text,
        universe,
        valid_from_wave,
        wave_number
    from derived
)

select * from final
