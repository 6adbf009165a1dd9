-- depends_on: {{ ref('int_checks__problems') }}
/*
    Every cell that a series can have, whether anybody is in it or not, so that a reader sees a gap as a row
    with a status and not as a row that is missing. A measure belongs to each study that ever asked what it
    needs, a segment to each study that ever asked all of its variables.
*/
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

categories as (
    select * from {{ ref('int_measures__categories') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

questions as (
    select distinct
        study_id,
        wave_id,
        variable_id
    from {{ ref('int_codebook__questions_by_wave') }}
),

collected as (
    select * from {{ ref('int_rules__collected_cells') }}
),

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

calendar_periods as (
    select * from {{ ref('int_comparisons__calendar_periods') }}
),

periods as (
    select distinct
        study_id,
        period_wave_id as wave_id,
        period_grain,
        period_start
    from period_waves

    union distinct

    select
        study_id,
        '_Z' as wave_id,
        period_grain,
        period_start
    from calendar_periods
),

keyed_periods as (
    select
        {{ integer_key(['study_id', 'wave_id', 'period_grain', 'period_start']) }} as period_key,
        study_id,
        wave_id,
        period_grain,
        period_start
    from periods
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

study_variables as (
    select distinct
        study_id,
        variable_id
    from questions
),

segments as (
    select distinct segment_id
    from segment_values
),

-- a segment without variables is of everybody
study_segments as (
    select
        studies.study_id,
        segments.segment_id
    from (select distinct study_id from waves) as studies
    cross join segments
    left join segment_variables
        on segments.segment_id = segment_variables.segment_id
    left join study_variables
        on
            studies.study_id = study_variables.study_id
            and segment_variables.variable_id = study_variables.variable_id
    group by
        studies.study_id,
        segments.segment_id
    having count(segment_variables.variable_id) = count(study_variables.variable_id)
),

study_measures as (
    select distinct
        study_id,
        measure_id
    from measure_waves
),

final as (
    select
        -- keys
        {{ integer_key([
            'keyed_periods.period_key',
            'study_measures.measure_id',
            'categories.category_code',
            'segment_values.segment_value_key',
        ]) | indent(8) }} as cell_key,
        keyed_periods.study_id,
        keyed_periods.wave_id,
        keyed_periods.period_grain,
        keyed_periods.period_start,
        study_measures.measure_id,
        measures.variable_id,
        categories.category_code,
        study_segments.segment_id,
        segment_values.segment_code,

        -- was all that it needs offered
        collected.study_id is not null as is_collected
    from keyed_periods
    inner join study_measures
        on keyed_periods.study_id = study_measures.study_id
    inner join measures
        on study_measures.measure_id = measures.measure_id
    inner join categories
        on study_measures.measure_id = categories.measure_id
    inner join study_segments
        on keyed_periods.study_id = study_segments.study_id
    inner join segment_values
        on study_segments.segment_id = segment_values.segment_id
    left join collected
        on
            keyed_periods.study_id = collected.study_id
            and keyed_periods.wave_id = collected.wave_id
            and keyed_periods.period_grain = collected.period_grain
            and keyed_periods.period_start = collected.period_start
            and study_measures.measure_id = collected.measure_id
            and categories.category_code = collected.category_code
            and segment_values.segment_id = collected.segment_id
            and segment_values.segment_code = collected.segment_code
)

select * from final
