-- depends_on: {{ ref('int_checks__problems') }}
with

mapped_codes as (
    select * from {{ ref('int_delivered__mapped_codes') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

derived_sums as (
    select * from {{ ref('int_delivered__derived_sums') }}
),

answers as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        missing_kind,
        n_respondents
    from mapped_codes

    union all

    select
        study_id,
        wave_id,
        variable_id,
        cast(null as {{ dbt.type_string() }}) as source_column,
        missing_kind,
        1 as n_respondents
    from derived_sums
),

counted as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column,
        {% for kind in missing_kinds() -%}
        cast(sum(case when missing_kind = '{{ kind }}' then n_respondents else 0 end) as bigint)
            as n_{{ kind }},
        {% endfor -%}
        cast(sum(case when missing_kind is null then n_respondents else 0 end) as bigint)
            as n_valid,
        cast(sum(n_respondents) as bigint) as n_respondents
    from answers
    group by
        study_id,
        wave_id,
        variable_id,
        source_column
),

final as (
    select
        -- keys
        counted.study_id,
        counted.wave_id,
        counted.variable_id,
        counted.source_column,
        questions.is_derived,

        -- everybody, and those who gave a valid answer
        counted.n_respondents,
        counted.n_valid,

        -- kinds of missing
        {%- for kind in missing_kinds() %}
        counted.n_{{ kind }},
        {%- endfor %}

        -- those who should have answered, and those of them who did not
        counted.n_respondents - counted.n_not_asked - counted.n_not_applicable as n_asked,
        counted.n_respondents - counted.n_not_asked - counted.n_not_applicable - counted.n_valid
            as n_item_nonresponse
    from counted
    inner join questions
        on
            counted.study_id = questions.study_id
            and counted.wave_id = questions.wave_id
            and counted.variable_id = questions.variable_id
)

select * from final
