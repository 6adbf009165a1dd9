-- depends_on: {{ ref('int_checks__problems') }}
/*
    The estimates as they are published when the build begins, all grains in one table. Empty before the first
    publish.
*/
{%- set text = dbt.type_string() %}
{%- set number = type_number() %}
{%- set columns = {
    'study_id': text,
    'measure_id': text,
    'category_code': text,
    'segment_id': text,
    'segment_code': text,
    'estimate': number,
    'standard_error': number,
    'n_respondents': 'bigint',
    'observation_status': text,
    'confidentiality_status': text,
} %}
with

waves as (
    {{ published_rows('fct_trend_estimates', dict(columns, wave_id=text)) | indent(4) }}
),

pooled_waves as (
    {{ published_rows(
        'fct_pooled_estimates', dict(columns, wave_id=text, n_waves='bigint')
    ) | indent(4) }}
),

calendar_periods as (
    {{ published_rows(
        'fct_period_estimates', dict(columns, period_grain=text, period_start='date')
    ) | indent(4) }}
),

united as (
    select
        'wave' as period_grain,
        wave_id as period_id,
        release,
        {{ columns.keys() | join(', ') }}
    from waves

    union all

    select
        'pooled_' || cast(n_waves as {{ text }}) as period_grain,
        wave_id as period_id,
        release,
        {{ columns.keys() | join(', ') }}
    from pooled_waves

    union all

    select
        period_grain,
        cast(period_start as {{ text }}) as period_id,
        release,
        {{ columns.keys() | join(', ') }}
    from calendar_periods
),

final as (
    select
        -- keys
        study_id,
        period_grain,
        period_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,

        -- the release that they are of
        release,

        -- numbers
        estimate,
        standard_error,
        n_respondents,

        -- status
        observation_status,
        confidentiality_status
    from united
)

select * from final
