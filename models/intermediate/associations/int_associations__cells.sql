/*
    The weighted table of each test: its cells as shares of the whole, and the margins.
    1. Respondents count who have both an answer and a value of the segment.
    2. Tables with an empty cell are left out: the test divides by every share. So are tables with one
       category or one value only.
    3. A measure of a grid is tested for each of its variables.
*/
with

tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

frame as (
    select *
    from {{ ref('int_rules__expected_cells') }}
    where period_grain = 'wave'
),

scores as (
    select *
    from {{ ref('int_associations__scores') }}
    where not is_replicate
),

-- what cannot be tested in this way the checks report
declared as (
    select distinct
        measures.measure_id,
        tests.segment_id
    from tests
    inner join measures
        on tests.measure_id = measures.declared_measure_id
    inner join segment_values
        on tests.segment_id = segment_values.segment_id
    where
        measures.measure_kind = 'share'
        and measures.standard_population_id is null
        and segment_values.first_variable_id is not null
        and segment_values.second_variable_id is null
),

totals as (
    select
        study_id,
        wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        sum(total_y) as sum_w
    from scores
    group by
        study_id,
        wave_id,
        measure_id,
        category_code,
        segment_id,
        segment_code
),

cells as (
    select
        frame.study_id,
        frame.wave_id,
        frame.measure_id,
        frame.segment_id,
        frame.category_code,
        frame.segment_code,
        totals.sum_w,
        sum(totals.sum_w) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as sum_of_weights,
        min(coalesce(totals.sum_w, 0)) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as smallest,
        min(frame.category_code) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as first_category,
        max(frame.category_code) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as last_category,
        min(frame.segment_code) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as first_value,
        max(frame.segment_code) over (
            partition by frame.study_id, frame.wave_id, frame.measure_id, frame.segment_id
        ) as last_value
    from frame
    inner join declared
        on
            frame.measure_id = declared.measure_id
            and frame.segment_id = declared.segment_id
    left join totals
        on
            frame.study_id = totals.study_id
            and frame.wave_id = totals.wave_id
            and frame.measure_id = totals.measure_id
            and frame.category_code = totals.category_code
            and frame.segment_id = totals.segment_id
            and frame.segment_code = totals.segment_code
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,
        segment_id,
        category_code,
        segment_code,

        -- shares of the whole table
        sum_w / sum_of_weights as cell_share,
        sum(sum_w / sum_of_weights) over (
            partition by study_id, wave_id, measure_id, segment_id, category_code
        ) as category_share,
        sum(sum_w / sum_of_weights) over (
            partition by study_id, wave_id, measure_id, segment_id, segment_code
        ) as segment_share,

        -- base
        sum_of_weights
    from cells
    where
        smallest > 0
        and first_category < last_category
        and first_value < last_value
)

select * from final
