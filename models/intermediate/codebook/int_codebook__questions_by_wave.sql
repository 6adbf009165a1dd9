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

derived_sums as (
    select * from {{ ref('stg_codebook__derived_sums') }}
),

variable_groups as (
    select * from {{ ref('stg_codebook__variable_groups') }}
),

members as (
    select * from {{ ref('stg_codebook__variable_group_members') }}
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

-- A sum is available where enough of what it adds up was asked.
sums as (
    select
        asked.study_id,
        asked.wave_id,
        asked.wave_number,
        derived_sums.variable_id,
        'Sum of the answers to: ' || min(variable_groups.variable_group_label) as question_text
    from derived_sums
    inner join variable_groups
        on derived_sums.variable_group_id = variable_groups.variable_group_id
    inner join members
        on derived_sums.variable_group_id = members.variable_group_id
    inner join asked
        on members.variable_id = asked.variable_id
    group by
        asked.study_id,
        asked.wave_id,
        asked.wave_number,
        derived_sums.variable_id
    having count(distinct members.variable_id) >= min(derived_sums.minimum_answers)
),

groups_of_sums as (
    select
        sums.study_id,
        sums.wave_id,
        sums.wave_number,
        derivations.variable_id,
        sums.variable_id as derived_from_variable_id,
        sums.question_text
    from sums
    inner join derivations
        on sums.variable_id = derivations.source_variable_id
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
        wave_number,
        false as is_derived
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
        wave_number,
        true as is_derived
    from derived

    union all

    select
        study_id,
        wave_id,
        variable_id,
        cast(null as {{ dbt.type_string() }}) as source_column,
        cast(null as {{ dbt.type_string() }}) as crosswalk_id,
        cast(null as {{ dbt.type_string() }}) as derived_from_variable_id,
        question_text,
        cast(null as {{ dbt.type_string() }}) as universe,
        cast(null as {{ dbt.type_string() }}) as valid_from_wave,
        wave_number,
        true as is_derived
    from sums

    union all

    select
        study_id,
        wave_id,
        variable_id,
        cast(null as {{ dbt.type_string() }}) as source_column,
        cast(null as {{ dbt.type_string() }}) as crosswalk_id,
        derived_from_variable_id,
        question_text,
        cast(null as {{ dbt.type_string() }}) as universe,
        cast(null as {{ dbt.type_string() }}) as valid_from_wave,
        wave_number,
        true as is_derived
    from groups_of_sums
)

select * from final
