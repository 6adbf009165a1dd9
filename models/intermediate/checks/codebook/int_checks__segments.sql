with

variables as (
    select * from {{ ref('stg_codebook__variables') }}
),

segments as (
    select * from {{ ref('stg_codebook__segments') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
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

segment_shapes as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segment_variables'),
            column_name="'position'",
            source_code='segment_id',
            problem="'A segment has one variable (position 1) or two (positions 1 and 2); only the segment total has none.'",
            remedy="'Add or remove rows of this segment.'"
        ) | indent(8) }}
    from segment_sizes
    where
        (segment_id = 'total' and n_variables <> 0)
        or (
            segment_id <> 'total'
            and (n_variables not in (1, 2) or first_position <> 1 or last_position <> n_variables)
        )
),

segment_values as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segment_variables'),
            column_name="'variable_id'",
            source_code='segment_variables.variable_id',
            problem="'Segment ' || segment_variables.segment_id || ' uses a variable that is not categorical.'",
            remedy="'Derive groups from it in seeds/codebook/derivations.csv and use those.'"
        ) | indent(8) }}
    from segment_variables
    inner join variables
        on segment_variables.variable_id = variables.variable_id
    where variables.value_type = 'numeric'
),

total_segments as (
    select count(*) as n_totals
    from segments
    where segment_id = 'total'
),

no_total as (
    select
        {{ problem_columns(
            check_id='segment_variables',
            file=codebook_file('segments'),
            column_name="'segment_id'",
            problem="'The segment total is missing.'",
            remedy="'Add the row with segment_id total: it stands for the whole sample.'"
        ) | indent(8) }}
    from total_segments
    where n_totals = 0
),

final as (
    {% for check in ['segment_shapes', 'segment_values', 'no_total'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
