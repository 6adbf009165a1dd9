with

weighted_respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

replicates as (
    select * from {{ ref('int_design__replicates') }}
),

weights as (
    select *
    from {{ ref('int_design__weights') }}
    where is_replicate
),

final as (
    select
        -- keys
        weighted_respondents.respondent_key,
        weighted_respondents.weight_id,
        cast(replicates.psu_id as integer) as replicate_number,
        weighted_respondents.study_id,
        weighted_respondents.wave_id,

        -- weight
        weights.weight,

        -- what the replicate counts in an error
        cast(replicates.replicate_factor as {{ type_number() }}) as replicate_factor,
        replicates.replicate_centre
    from weights
    inner join weighted_respondents
        on
            weights.respondent_number = weighted_respondents.respondent_number
            and weights.weight_key = weighted_respondents.weight_key
    inner join replicates
        on
            weighted_respondents.design_id = replicates.design_id
            and weighted_respondents.weight_id = replicates.weight_id
            and weights.psu_id = replicates.psu_id
)

select * from final
