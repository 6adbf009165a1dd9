with

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

association_tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

segment_sizes as (
    select
        segments.segment_id,
        count(segment_variables.variable_id) as n_variables,
        min(segment_variables.position) as first_position,
        max(segment_variables.position) as last_position
    from segments
    left join segment_variables
        on segments.segment_id = segment_variables.segment_id
    group by segments.segment_id
),

final as (
    select
        {{ problem_columns(
            check_id='association_test',
            file=codebook_file('association_tests'),
            column_name="'measure_id, segment_id'",
            source_code="association_tests.measure_id || ', ' || association_tests.segment_id",
            problem="'Only shares of a variable, not standardised, can be tested for association, and only with a segment of one variable.'",
            remedy="'Name such a measure and such a segment, or remove the row.'"
        ) | indent(8) }}
    from association_tests
    inner join measures
        on association_tests.measure_id = measures.measure_id
    inner join segment_sizes
        on association_tests.segment_id = segment_sizes.segment_id
    where
        measures.measure_kind <> 'share'
        or measures.standard_population_id is not null
        or segment_sizes.n_variables <> 1
)

select * from final
