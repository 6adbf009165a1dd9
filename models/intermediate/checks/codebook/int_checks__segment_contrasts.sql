/* Contrasts between values of a segment, and tests of association across all of its values. */
with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

categories as (
    select * from {{ ref('stg_codebook__categories') }}
),

measures as (
    select * from {{ ref('stg_codebook__measures') }}
),

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

segment_contrasts as (
    select * from {{ ref('stg_codebook__segment_contrasts') }}
),

association_tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

segment_categories as (
    select
        segment_variables.segment_id,
        segment_variables.position,
        categories.category_code
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    inner join categories
        on variables.code_list_id = categories.code_list_id
),

segment_codes as (
    select
        first_variable.segment_id,
        coalesce(
            first_variable.category_code || '|' || second_variable.category_code,
            first_variable.category_code
        ) as segment_code
    from segment_categories as first_variable
    left join segment_categories as second_variable
        on
            first_variable.segment_id = second_variable.segment_id
            and second_variable.position = 2
    where first_variable.position = 1
),

compared_codes as (
    select
        segment_id,
        'segment_code' as column_name,
        segment_code
    from segment_contrasts

    union distinct

    select
        segment_id,
        'reference_segment_code' as column_name,
        reference_segment_code as segment_code
    from segment_contrasts
),

unknown_contrasts as (
    select
        {{ problem_columns(
            check_id='segment_contrast',
            file=codebook_file('segment_contrasts'),
            column_name='compared_codes.column_name',
            source_code='compared_codes.segment_code',
            problem="'Segment ' || compared_codes.segment_id || ' does not have this value.'",
            remedy="'Write a category of the variable of the segment. For two variables, write both categories with a | between them.'"
        ) | indent(8) }}
    from compared_codes
    left join segment_codes
        on
            compared_codes.segment_id = segment_codes.segment_id
            and compared_codes.segment_code = segment_codes.segment_code
    where segment_codes.segment_id is null
),

idle_contrasts as (
    select
        {{ problem_columns(
            check_id='segment_contrast',
            file=codebook_file('segment_contrasts'),
            column_name="'segment_code, reference_segment_code'",
            source_code='segment_code',
            problem="'A value of segment ' || segment_id || ' is compared with itself.'",
            remedy="'Name two values, or remove the row.'"
        ) | indent(8) }}
    from segment_contrasts
    where segment_code = reference_segment_code
),

segment_sizes as (
    select
        segments.segment_id,
        count(segment_variables.variable_id) as n_variables
    from segments
    left join segment_variables
        on segments.segment_id = segment_variables.segment_id
    group by segments.segment_id
),

untestable as (
    select
        {{ problem_columns(
            check_id='association_test',
            file=codebook_file('association_tests'),
            column_name="'measure_id, segment_id'",
            source_code="association_tests.measure_id || ', ' || association_tests.segment_id",
            problem="'A test of association needs a share of one variable that is not standardised, and a segment of one variable.'",
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
),

final as (
    {% for check in ['unknown_contrasts', 'idle_contrasts', 'untestable'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
