-- depends_on: {{ ref('int_checks__problems') }}
/*
    The weights that answers are summed with. Full-sample weights with the respondent's place in the design;
    of designs with replicate weights also each replicate, as if it were a PSU: its sums are those of the
    whole sample under the replicate's weights. Places, waves and weights are named by their keys.
*/
with

respondents as (
    select * from {{ ref('int_design__weighted_respondents') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

units as (
    select * from {{ ref('int_design__units') }}
),

design_columns as (
    select *
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'replicate_weight'
),

delivered as (
    select * from {{ ref('int_delivered__answers') }}
),

calendar_studies as (
    select distinct study_id
    from {{ ref('stg_codebook__calendar_grains') }}
),

placed as (
    select
        respondents.*,
        -- only studies with calendar periods are summed by day
        case when calendar_studies.study_id is not null then respondents.interview_date end
            as moment_date,
        designs.variance_method = 'taylor' as is_taylor
    from respondents
    inner join designs
        on respondents.design_id = designs.design_id
    left join calendar_studies
        on respondents.study_id = calendar_studies.study_id
),

full_sample as (
    select
        placed.respondent_number,
        placed.study_id,
        placed.wave_id,
        placed.wave_key,
        placed.moment_date,
        placed.sample_id,
        placed.weight_key,
        units.psu_id,
        units.unit_key,
        false as is_replicate,
        placed.weight
    from placed
    inner join units
        on
            placed.study_id = units.study_id
            and placed.sample_id = units.sample_id
            and placed.weight_key = units.weight_key
            and case when placed.is_taylor then placed.stratum_id else 'all' end = units.stratum_id
            and case
                when placed.is_own_psu or not placed.is_taylor then 'own'
                else placed.psu_id
            end = units.psu_id
            and (placed.is_own_psu or not placed.is_taylor) = units.is_own_psu
    where not units.is_replicate
),

replicates as (
    select
        placed.respondent_number,
        placed.study_id,
        placed.wave_id,
        placed.wave_key,
        placed.moment_date,
        placed.sample_id,
        placed.weight_key,
        units.psu_id,
        units.unit_key,
        true as is_replicate,
        {{ to_number('delivered.source_code') }} as weight
    from placed
    inner join design_columns
        on
            placed.design_id = design_columns.design_id
            and placed.weight_id = design_columns.weight_id
    inner join units
        on
            placed.study_id = units.study_id
            and placed.sample_id = units.sample_id
            and placed.weight_key = units.weight_key
            and cast(design_columns.position as {{ dbt.type_string() }}) = units.psu_id
    inner join delivered
        on
            placed.study_id = delivered.study_id
            and placed.wave_id = delivered.wave_id
            and placed.row_number = delivered.row_number
            and design_columns.source_column = delivered.source_column
    where
        not placed.is_taylor
        and units.is_replicate
),

final as (
    select * from full_sample
    union all
    select * from replicates
)

select * from final
