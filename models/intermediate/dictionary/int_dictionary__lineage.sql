/*
    1. A column shows a variable, a segment, a part of the design, or one of many variables in each row. Which of these stands in
       the meta of its YAML (int_dictionary__columns).
    2. A derived variable comes from the delivered columns of all that it is made of.
    3. What a landed wave was read from is known by its columns; a seed is its own file.
*/
with

columns_of_marts as (
    select * from {{ ref('int_dictionary__columns') }}
),

questions as (
    select * from {{ ref('int_codebook__questions_by_wave') }}
),

variable_sources as (
    select * from {{ ref('int_comparisons__variable_sources') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

measure_inputs as (
    select * from {{ ref('int_measures__inputs') }}
),

landed_columns as (
    select * from {{ ref('stg_landing__columns') }}
),

landed_files as (
    select * from {{ ref('stg_landing__files') }}
),

shown_variables as (
    select
        table_name,
        column_name,
        study_id,
        variable_id
    from columns_of_marts
    where variable_id is not null

    union distinct

    select
        columns_of_marts.table_name,
        columns_of_marts.column_name,
        columns_of_marts.study_id,
        segment_variables.variable_id
    from columns_of_marts
    inner join segment_variables
        on
            columns_of_marts.segment_id = segment_variables.segment_id
            or columns_of_marts.shows = 'segments'

    union distinct

    select
        columns_of_marts.table_name,
        columns_of_marts.column_name,
        columns_of_marts.study_id,
        measure_inputs.variable_id
    from columns_of_marts
    cross join measure_inputs
    where columns_of_marts.shows = 'measures'

    union distinct

    select
        columns_of_marts.table_name,
        columns_of_marts.column_name,
        columns_of_marts.study_id,
        questions.variable_id
    from columns_of_marts
    cross join questions
    where columns_of_marts.shows = 'answers'
),

asked as (
    select
        study_id,
        wave_id,
        variable_id,
        source_column
    from questions
    where not is_derived
),

delivered_questions as (
    select
        study_id,
        wave_id,
        variable_id,
        variable_id as source_variable_id,
        source_column
    from asked

    union distinct

    select
        questions.study_id,
        questions.wave_id,
        questions.variable_id,
        asked.variable_id as source_variable_id,
        asked.source_column
    from questions
    inner join variable_sources
        on questions.variable_id = variable_sources.variable_id
    inner join asked
        on
            questions.study_id = asked.study_id
            and questions.wave_id = asked.wave_id
            and variable_sources.source_variable_id = asked.variable_id
    where questions.is_derived
),

lineage_of_variables as (
    select
        shown_variables.table_name,
        shown_variables.column_name,
        delivered_questions.study_id,
        delivered_questions.wave_id,
        delivered_questions.variable_id,
        delivered_questions.source_variable_id,
        delivered_questions.source_column,
        cast(null as {{ dbt.type_string() }}) as design_role
    from shown_variables
    inner join delivered_questions
        on
            shown_variables.variable_id = delivered_questions.variable_id
            and coalesce(shown_variables.study_id, delivered_questions.study_id)
            = delivered_questions.study_id
),

lineage_of_designs as (
    select
        columns_of_marts.table_name,
        columns_of_marts.column_name,
        waves.study_id,
        waves.wave_id,
        '_Z' as variable_id,
        '_Z' as source_variable_id,
        design_columns.source_column,
        design_columns.design_role
    from columns_of_marts
    inner join design_columns
        on columns_of_marts.design_role = design_columns.design_role
    inner join waves
        on
            design_columns.design_id = waves.design_id
            and coalesce(columns_of_marts.study_id, waves.study_id) = waves.study_id
),

lineage as (
    select * from lineage_of_variables
    union all
    select * from lineage_of_designs
),

final as (
    select
        -- keys
        lineage.table_name,
        lineage.column_name,
        lineage.study_id,
        lineage.wave_id,
        lineage.variable_id,
        lineage.source_variable_id,
        lineage.source_column,

        lineage.design_role,
        case
            when waves.delivered_as = 'landing' then landed_files.file_name
            else
                'seeds/waves/' || waves.study_id || '/' || waves.study_id || '_'
                || waves.wave_id || '.csv'
        end as delivered_file
    from lineage
    inner join waves
        on
            lineage.study_id = waves.study_id
            and lineage.wave_id = waves.wave_id
    left join landed_columns
        on
            lineage.study_id = landed_columns.study_id
            and lineage.wave_id = landed_columns.wave_id
            and lineage.source_column = landed_columns.source_column
    left join landed_files
        on
            landed_columns.study_id = landed_files.study_id
            and landed_columns.wave_id = landed_files.wave_id
            and landed_columns.table_name = landed_files.table_name
)

select * from final
