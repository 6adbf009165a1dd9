/*
    The one matrix that has to be inverted for a test: the equations of an additive fit (an effect of each
    category and of each value of the segment), with the cells' shares as weights.
    1. With the effects of the segment put in, those of the categories solve (I - T) b = c. T holds the
       probabilities of coming from one category to another by way of the segment. As all rows of T
       add up to 1, we take off their limit, the categories' shares, which leaves b the same and makes
       all eigenvalues of T smaller than 1.
    2. (I - T)^-1 = (I + T)(I + T^2)(I + T^4)... Each factor doubles the number of terms of the series: with 20
       of them it is exact to rounding where the largest eigenvalue is below 0.99996.
    3. The eigenvalues are squared canonical correlations. One of 1 would need a table that falls apart
       into blocks with empty cells between them, which is not tested; where a table comes so
       near to it that the series is not at its end, it is left out as well.
*/
{% set n_doublings = 20 %}
with

cells as (
    select * from {{ ref('int_associations__cells') }}
),

identity as (
    select distinct
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code as row_code,
        category_code as column_code
    from cells
),

power_0 as (
    select
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        cells.category_code as row_code,
        others.category_code as column_code,
        sum(
            cells.cell_share * others.cell_share / (cells.segment_share * cells.category_share)
        ) - max(others.category_share) as entry
    from cells
    inner join cells as others
        on
            cells.study_id = others.study_id
            and cells.wave_id = others.wave_id
            and cells.measure_id = others.measure_id
            and cells.segment_id = others.segment_id
            and cells.segment_code = others.segment_code
    group by
        cells.study_id,
        cells.wave_id,
        cells.measure_id,
        cells.segment_id,
        cells.category_code,
        others.category_code
),

series_0 as (
    select
        power_0.study_id,
        power_0.wave_id,
        power_0.measure_id,
        power_0.segment_id,
        power_0.row_code,
        power_0.column_code,
        power_0.entry + case when identity.row_code is null then 0 else 1 end as entry
    from power_0
    left join identity
        on
            power_0.study_id = identity.study_id
            and power_0.wave_id = identity.wave_id
            and power_0.measure_id = identity.measure_id
            and power_0.segment_id = identity.segment_id
            and power_0.row_code = identity.row_code
            and power_0.column_code = identity.column_code
),
{% for number in range(1, n_doublings) %}
{%- set power_before = 'power_' ~ (number - 1) %}
{%- set series_before = 'series_' ~ (number - 1) %}
power_{{ number }} as (
    {{ matrix_product(power_before, power_before) | indent(4) }}
),

product_{{ number }} as (
    {{ matrix_product(series_before, 'power_' ~ number) | indent(4) }}
),

series_{{ number }} as (
    {{ matrix_sum(series_before, 'product_' ~ number) | indent(4) }}
),
{% endfor %}
unfinished as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        max(abs(entry)) as remainder
    from power_{{ n_doublings - 1 }}
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id
),

final as (
    select
        -- keys
        series.study_id,
        series.wave_id,
        series.measure_id,
        series.segment_id,
        series.row_code,
        series.column_code,

        series.entry
    from series_{{ n_doublings - 1 }} as series
    inner join unfinished
        on
            series.study_id = unfinished.study_id
            and series.wave_id = unfinished.wave_id
            and series.measure_id = unfinished.measure_id
            and series.segment_id = unfinished.segment_id
    where unfinished.remainder < 1e-8
)

select * from final
