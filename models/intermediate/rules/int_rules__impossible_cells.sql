/*
    Figures that cannot exist: standardised by what their group is made of, so that the group has nobody in another
    group of the standard population, in whatever wave. The variable of the segment is that of the standard, or
    both come from one asked variable.
*/
with

measures as (
    select * from {{ ref('int_measures__measures') }}
),

standard_populations as (
    select * from {{ ref('stg_codebook__standard_populations') }}
),

derivations as (
    select distinct
        variable_id,
        source_variable_id
    from {{ ref('stg_codebook__derivations') }}
),

frame as (
    select distinct
        study_id,
        measure_id,
        segment_id,
        segment_code
    from {{ ref('int_rules__expected_cells') }}
),

segment_variables as (
    select * from {{ ref('stg_codebook__segment_variables') }}
),

estimated as (
    select distinct
        study_id,
        measure_id,
        segment_id,
        segment_code
    from {{ ref('int_estimates__point_estimates') }}
),

standards as (
    select
        measures.measure_id,
        coalesce(derivations.source_variable_id, standard_populations.variable_id)
            as asked_variable_id
    from measures
    inner join standard_populations
        on measures.standard_population_id = standard_populations.standard_population_id
    left join derivations
        on standard_populations.variable_id = derivations.variable_id
),

asked as (
    select
        segment_variables.segment_id,
        coalesce(derivations.source_variable_id, segment_variables.variable_id)
            as asked_variable_id
    from segment_variables
    left join derivations
        on segment_variables.variable_id = derivations.variable_id
),

final as (
    select distinct
        frame.study_id,
        frame.measure_id,
        frame.segment_id,
        frame.segment_code
    from frame
    inner join standards
        on frame.measure_id = standards.measure_id
    inner join asked
        on
            frame.segment_id = asked.segment_id
            and standards.asked_variable_id = asked.asked_variable_id
    left join estimated
        on
            frame.study_id = estimated.study_id
            and frame.measure_id = estimated.measure_id
            and frame.segment_id = estimated.segment_id
            and frame.segment_code = estimated.segment_code
    where estimated.study_id is null
)

select * from final
