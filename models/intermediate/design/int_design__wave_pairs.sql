/*
    Degrees of freedom and kind of covariance of each pair of waves: those of the union design where the
    codebook says that both come from one sample, the sum of both otherwise.
*/
with

pairs as (
    select distinct
        study_id,
        from_wave_id,
        to_wave_id
    from {{ ref('int_changes__pairs') }}
),

pair_strata as (
    select * from {{ ref('int_design__pair_strata') }}
),

design as (
    select * from {{ ref('int_design__waves') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

psu_roles as (
    select distinct design_id
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'psu'
),

united as (
    select
        study_id,
        from_wave_id,
        to_wave_id,
        cast(
            sum(n_weighted_psus) - sum(case when n_weighted_psus > 0 then 1 else 0 end) as bigint
        ) as degrees_of_freedom
    from pair_strata
    group by
        study_id,
        from_wave_id,
        to_wave_id
),

final as (
    select
        -- keys
        pairs.study_id,
        pairs.from_wave_id,
        pairs.to_wave_id,

        -- design of the pair
        coalesce(
            united.degrees_of_freedom,
            from_design.degrees_of_freedom + to_design.degrees_of_freedom
        ) as degrees_of_freedom,
        case
            when united.study_id is null then 'independent'
            when psu_roles.design_id is not null then 'shared_psu'
            else 'panel'
        end as covariance_method
    from pairs
    inner join design as from_design
        on
            pairs.study_id = from_design.study_id
            and pairs.from_wave_id = from_design.wave_id
    inner join design as to_design
        on
            pairs.study_id = to_design.study_id
            and pairs.to_wave_id = to_design.wave_id
    inner join waves
        on
            pairs.study_id = waves.study_id
            and pairs.to_wave_id = waves.wave_id
    left join psu_roles
        on waves.design_id = psu_roles.design_id
    left join united
        on
            pairs.study_id = united.study_id
            and pairs.from_wave_id = united.from_wave_id
            and pairs.to_wave_id = united.to_wave_id
)

select * from final
