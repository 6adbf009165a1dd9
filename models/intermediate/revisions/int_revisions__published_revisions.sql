-- depends_on: {{ ref('int_checks__problems') }}
with

{% set text = dbt.type_string() %}
{% set number = type_number() %}
final as (
    {{ published_rows('fct_revisions', {
        'from_release': text,
        'to_release': text,
        'study_id': text,
        'period_grain': text,
        'period_id': text,
        'measure_id': text,
        'measure_label': text,
        'variable_id': text,
        'category_code': text,
        'category_label': text,
        'segment_id': text,
        'segment_code': text,
        'segment_value_label': text,
        'revision_kind': text,
        'reason': text,
        'from_estimate': number,
        'to_estimate': number,
        'from_standard_error': number,
        'to_standard_error': number,
        'from_n_respondents': 'bigint',
        'to_n_respondents': 'bigint',
        'from_observation_status': text,
        'to_observation_status': text,
    }) | indent(4) }}
)

select * from final
