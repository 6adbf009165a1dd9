with

lineage as (
    select * from {{ ref('int_dictionary__lineage') }}
),

waves as (
    select * from {{ ref('dim_wave') }}
),

variables as (
    select * from {{ ref('dim_variable') }}
),

questions as (
    select * from {{ ref('dim_question') }}
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

        -- labels
        waves.wave_label,
        variables.variable_label,
        lineage.design_role,

        -- where it comes from
        questions.question_text,
        lineage.delivered_file
    from lineage
    inner join waves
        on
            lineage.study_id = waves.study_id
            and lineage.wave_id = waves.wave_id
    left join variables
        on lineage.variable_id = variables.variable_id
    left join questions
        on
            lineage.study_id = questions.study_id
            and lineage.wave_id = questions.wave_id
            and lineage.source_variable_id = questions.variable_id
)

select * from final
