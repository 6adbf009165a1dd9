-- depends_on: {{ ref('int_checks__problems') }}
/*
    What the codebook says of each wave, measure and segment that decides figures, as one text. Everything counts that
    can be reached from it: a measure has a variable, which has questions, which have a crosswalk. Of rows that hold
    from wave to wave only those of the wave count.
*/
with recursive

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

segment_values as (
    select * from {{ ref('int_segments__values') }}
),

facts as (
    {{ codebook_rows() | indent(4) }}
),

connections as (
    {{ codebook_references() | indent(4) }}
),

study_measures as (
    select distinct
        measure_waves.study_id,
        measures.measure_id,
        measures.declared_measure_id,
        measures.variable_id,
        measures.denominator_variable_id
    from measure_waves
    inner join measures
        on measure_waves.measure_id = measures.measure_id
),

study_segments as (
    select distinct
        waves.study_id,
        segment_values.segment_id
    from waves
    cross join segment_values
),

subjects as (
    select
        study_id,
        'wave' as subject_kind,
        wave_id as subject_id,
        'wave_id' as kind,
        wave_id as id
    from waves

    union distinct

    select
        study_id,
        'wave' as subject_kind,
        wave_id as subject_id,
        'study_id' as kind,
        study_id as id
    from waves
    {% for column in ['declared_measure_id', 'variable_id', 'denominator_variable_id'] %}

    union distinct

    select
        study_id,
        'measure' as subject_kind,
        measure_id as subject_id,
        '{{ 'measure_id' if 'measure' in column else 'variable_id' }}' as kind,
        {{ column }} as id
    from study_measures
    where {{ column }} is not null
    {% endfor %}

    union distinct

    select
        study_id,
        'segment' as subject_kind,
        segment_id as subject_id,
        'segment_id' as kind,
        segment_id as id
    from study_segments
),

reached as (
    select
        study_id,
        subject_kind,
        subject_id,
        kind,
        id
    from subjects

    union distinct

    select
        reached.study_id,
        reached.subject_kind,
        reached.subject_id,
        connections.to_kind as kind,
        connections.to_id as id
    from reached
    inner join connections
        on
            reached.kind = connections.from_kind
            and reached.id = connections.from_id
            and (connections.study_id is null or reached.study_id = connections.study_id)
),

dated_facts as (
    select
        facts.*,
        first_wave.wave_number as first_wave_number,
        last_wave.wave_number as last_wave_number
    from facts
    left join waves as first_wave
        on
            facts.study_id = first_wave.study_id
            and facts.valid_from_wave = first_wave.wave_id
    left join waves as last_wave
        on
            facts.study_id = last_wave.study_id
            and facts.valid_to_wave = last_wave.wave_id
),

final as (
    select
        -- keys
        waves.study_id,
        waves.wave_id,
        reached.subject_kind,
        reached.subject_id,

        -- what the codebook says
        {{ dbt.hash(
            joined_in_order('dated_facts.content', "','", 'dated_facts.content')
        ) | indent(8) }} as fingerprint
    from reached
    inner join dated_facts
        on
            reached.kind = dated_facts.subject_kind
            and reached.id = dated_facts.subject_id
            and (dated_facts.study_id is null or reached.study_id = dated_facts.study_id)
    inner join waves
        on
            reached.study_id = waves.study_id
            and coalesce(dated_facts.wave_id, waves.wave_id) = waves.wave_id
            and waves.wave_number
            between coalesce(dated_facts.first_wave_number, waves.wave_number)
            and coalesce(dated_facts.last_wave_number, waves.wave_number)
    where
        reached.subject_kind <> 'wave'
        or reached.subject_id = waves.wave_id
    group by
        waves.study_id,
        waves.wave_id,
        reached.subject_kind,
        reached.subject_id
)

select * from final
