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

-- those that are not read with the respondents
other_weights as (
    select
        delivered.study_id,
        delivered.wave_id,
        delivered.row_number,
        wave_weights.weight_key,
        {{ to_number('delivered.source_code') }} as weight
    from delivered
    inner join wave_weights
        on
            delivered.study_id = wave_weights.study_id
            and delivered.wave_id = wave_weights.wave_id
            and delivered.source_column = wave_weights.source_column
    where not wave_weights.is_default
),

weighted as (
    select
        respondents.*,
        wave_weights.weight_id,
        wave_weights.weight_key,
        wave_weights.is_default,
        case
            when wave_weights.is_default then respondents.weight
            else other_weights.weight
        end as used_weight
    from respondents
    inner join wave_weights
        on
            respondents.study_id = wave_weights.study_id
            and respondents.wave_id = wave_weights.wave_id
    left join other_weights
        on
            respondents.study_id = other_weights.study_id
            and respondents.wave_id = other_weights.wave_id
            and respondents.row_number = other_weights.row_number
            and wave_weights.weight_key = other_weights.weight_key
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
        is_default as is_default_weight,
        used_weight as weight,

        -- place
        design_id,
        sample_id,
        stratum_id,
        psu_id,
        is_own_psu,
        psu_population
    from weighted
    where used_weight is not null
)

select * from final
