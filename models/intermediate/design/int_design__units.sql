-- depends_on: {{ ref('int_checks__problems') }}
/*
    The PSUs that sums are made for, with the keys that stand for them and for their strata.
    1. Respondents who are their own PSU are summed together, as the PSU `own` of their stratum.
    2. A design with replicate weights has one PSU, of everybody; each replicate is one besides, in the stratum
       `replicate`.
    3. Each weight of a study has PSUs of its own: those of the people that it is for.
*/
with

respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

replicate_columns as (
    select *
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'replicate_weight'
),

places as (
    select distinct
        respondents.study_id,
        respondents.sample_id,
        respondents.weight_id,
        respondents.weight_key,
        respondents.design_id,
        respondents.stratum_id,
        case when respondents.is_own_psu then 'own' else respondents.psu_id end as psu_id,
        respondents.is_own_psu,
        designs.variance_method = 'taylor' as is_taylor
    from respondents
    inner join designs
        on respondents.design_id = designs.design_id
),

united as (
    select
        study_id,
        sample_id,
        weight_id,
        weight_key,
        stratum_id,
        psu_id,
        is_own_psu,
        false as is_replicate
    from places
    where is_taylor

    union distinct

    select
        study_id,
        sample_id,
        weight_id,
        weight_key,
        'all' as stratum_id,
        'own' as psu_id,
        true as is_own_psu,
        false as is_replicate
    from places
    where not is_taylor

    union distinct

    select
        places.study_id,
        places.sample_id,
        places.weight_id,
        places.weight_key,
        'replicate' as stratum_id,
        cast(replicate_columns.position as {{ dbt.type_string() }}) as psu_id,
        false as is_own_psu,
        true as is_replicate
    from places
    inner join replicate_columns
        on
            places.design_id = replicate_columns.design_id
            and places.weight_id = replicate_columns.weight_id
    where not places.is_taylor
),

final as (
    select
        -- keys
        {{ integer_key(
            [
                'study_id', 'sample_id', 'weight_id', 'stratum_id', 'psu_id', 'is_own_psu',
                'is_replicate',
            ]
        ) | indent(8) }} as unit_key,
        {{ integer_key(['study_id', 'sample_id', 'weight_id', 'stratum_id']) }} as stratum_key,
        {{ integer_key(['study_id', 'sample_id', 'weight_id']) }} as sample_key,
        weight_key,

        -- what they stand for
        study_id,
        sample_id,
        weight_id,
        stratum_id,
        psu_id,

        -- kind
        is_own_psu,
        is_replicate
    from united
)

select * from final
