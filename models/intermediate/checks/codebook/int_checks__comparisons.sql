/* Comparisons, pooled waves and calendar periods. */
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

comparisons as (
    select * from {{ ref('comparisons') }}
    where {{ is_not_left_out('study_id') }}
),

-- As written: a size that is no number is its own problem.
written_periods as (
    select * from {{ ref('periods') }}
    where {{ is_not_left_out('study_id') }}
),

pooled_waves as (
    select * from {{ ref('stg_codebook__pooled_waves') }}
),

calendar_grains as (
    select * from {{ ref('stg_codebook__calendar_grains') }}
),

comparison_bases as (
    select
        {{ problem_columns(
            check_id='comparison_base',
            file=codebook_file('comparisons'),
            study_id='study_id',
            column_name="'base_wave_id'",
            source_code='comparison_id',
            problem="case when comparison_kind in ('base', 'index') then 'A comparison with a base wave needs the wave.' else 'A comparison of the kind ' || comparison_kind || ' has no base wave.' end",
            remedy="'Fill base_wave_id for the kinds base and index; leave it empty for other kinds.'"
        ) | indent(8) }}
    from comparisons
    where (comparison_kind in ('base', 'index')) = (base_wave_id is null)
),

pooled_sizes as (
    select
        {{ problem_columns(
            check_id='pooled_waves',
            file=codebook_file('periods'),
            study_id='study_id',
            column_name="'n_waves'",
            source_code='n_waves',
            problem="'A pool needs at least two waves.'",
            remedy="'Write 2 or more, or remove the row.'"
        ) | indent(8) }}
    from pooled_waves
    where n_waves < 2
),

period_sizes as (
    select
        {{ problem_columns(
            check_id='pooled_waves',
            file=codebook_file('periods'),
            study_id='study_id',
            column_name="'n_waves'",
            source_code='period_kind',
            problem="case when n_waves is null then 'Pooled waves need a number of waves.' else 'A calendar period has no number of waves.' end",
            remedy="'Fill n_waves for pooled_waves; leave it empty for other kinds.'"
        ) | indent(8) }}
    from written_periods
    where (period_kind = 'pooled_waves') = (n_waves is null)
),

undated_designs as (
    select distinct
        {{ problem_columns(
            check_id='calendar_dates',
            file=codebook_file('periods'),
            study_id='waves.study_id',
            column_name="'period_kind'",
            source_code='calendar_grains.period_grain',
            problem="'Calendar periods need the dates of interviews, but design ' || waves.design_id || ' of this study has no column with them.'",
            remedy="'Name the column in seeds/codebook/design_columns.csv, in the role interview_date, or remove the row.'"
        ) | indent(8) }}
    from calendar_grains
    inner join waves
        on calendar_grains.study_id = waves.study_id
    inner join designs
        on waves.design_id = designs.design_id
    left join design_columns
        on
            designs.design_id = design_columns.design_id
            and design_columns.design_role = 'interview_date'
    where design_columns.design_id is null
),

final as (
    {% for check in ['comparison_bases', 'pooled_sizes', 'period_sizes', 'undated_designs'] -%}
    select * from {{ check }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
