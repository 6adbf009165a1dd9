-- depends_on: {{ ref('int_checks__problems') }}
/*
    Who is in the sample that each weight of a design is for, with their place in it.
    A weight of zero keeps the respondent in the design: strata and PSUs count them, bases do not. An empty
    weight leaves them out of the weighted sample, as of one that is drawn from those with a weight.
*/
with

respondents as (
    select * from {{ ref('int_delivered__respondents') }}
),

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

wave_weights as (
    select * from {{ ref('int_codebook__wave_weights') }}
),

of_study as (
    select
        respondents.*,
        wave_weights.weight_id,
        wave_weights.weight_key
    from respondents
    inner join wave_weights
        on
            respondents.study_id = wave_weights.study_id
            and respondents.wave_id = wave_weights.wave_id
    where wave_weights.is_default
),

others as (
    select
        respondents.*,
        wave_weights.weight_id,
        wave_weights.weight_key,
        {{ to_number('delivered.source_code') }} as other_weight
    from respondents
    inner join wave_weights
        on
            respondents.study_id = wave_weights.study_id
            and respondents.wave_id = wave_weights.wave_id
    inner join delivered
        on
            respondents.study_id = delivered.study_id
            and respondents.wave_id = delivered.wave_id
            and respondents.row_number = delivered.row_number
            and wave_weights.source_column = delivered.source_column
    where not wave_weights.is_default
),

{%- set columns = [
    'respondent_number', 'respondent_key', 'study_id', 'wave_id', 'wave_key', 'row_number', 'interview_date',
    'design_id', 'sample_id', 'stratum_id', 'psu_id', 'is_own_psu', 'psu_population', 'weight_id',
    'weight_key',
] %}

united as (
    select
        {{ columns | join(',\n        ') }},
        true as is_default_weight,
        weight
    from of_study

    union all

    select
        {{ columns | join(',\n        ') }},
        false as is_default_weight,
        other_weight as weight
    from others
),

final as (
    select
        -- keys
        respondent_number,
        respondent_key,
        study_id,
        wave_id,
        wave_key,
        row_number,
        interview_date,

        -- weight
        weight_id,
        weight_key,
        is_default_weight,
        weight,

        -- place
        design_id,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        psu_population
    from united
    where weight is not null
)

select * from final
