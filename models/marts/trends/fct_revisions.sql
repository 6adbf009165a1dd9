/*
    1. Revisions that are published already, and those of this build.
    2. A figure of an earlier revision is told only as long as its estimate is shown. So what is suppressed today is in no
       row, whatever was published before.
*/
{%- set numbers = [
    'from_estimate', 'to_estimate',
    'from_standard_error', 'to_standard_error',
    'from_n_respondents', 'to_n_respondents',
] %}
{%- set texts = [
    'study_id', 'period_grain', 'period_id', 'measure_id', 'measure_label', 'variable_id', 'category_code',
    'category_label', 'segment_id', 'segment_code', 'segment_value_label', 'revision_kind', 'reason',
] %}
with

new as (
    select * from {{ ref('int_revisions__new') }}
),

published as (
    select * from {{ ref('int_revisions__published_revisions') }}
),

built as (
    select * from {{ ref('int_revisions__built_estimates') }}
),

confidential as (
    select * from {{ ref('int_revisions__confidential_studies') }}
),

earlier as (
    select
        published.*,
        built.estimate is not null and confidential.study_id is null as is_told
    from published
    left join built
        on
            {{ is_same_cell('published', 'built') | indent(12) }}
    left join confidential
        on published.study_id = confidential.study_id
),

final as (
    select
        from_release,
        cast(null as {{ dbt.type_string() }}) as to_release,
        {{ texts | join(',\n        ') }},
        {{ numbers | join(',\n        ') }},
        from_observation_status,
        to_observation_status
    from new

    union all

    select
        from_release,
        to_release,
        {{ texts | join(',\n        ') }},
        {%- for number in numbers %}
        case when is_told then {{ number }} end as {{ number }},
        {%- endfor %}
        from_observation_status,
        to_observation_status
    from earlier
)

select * from final
