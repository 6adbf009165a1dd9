/*
    Degrees of freedom and kind of covariance of what is compared: `independent` if every wave has a sample of
    its own; otherwise the waves share PSUs, people (a panel without PSUs), or replicates.
*/
with

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain in ('wave', 'wave_set')
),

periods as (
    select * from {{ ref('int_design__periods') }}
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

designs as (
    select * from {{ ref('stg_codebook__designs') }}
),

psu_roles as (
    select distinct design_id
    from {{ ref('stg_codebook__design_columns') }}
    where design_role = 'psu'
),

described as (
    select
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        count(*) as n_waves,
        count(distinct waves.sample_id) as n_samples,
        max(case when psu_roles.design_id is not null then 1 else 0 end) as has_psu,
        max(case when designs.variance_method <> 'taylor' then 1 else 0 end) as has_replicates
    from period_waves
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
    inner join designs
        on waves.design_id = designs.design_id
    left join psu_roles
        on waves.design_id = psu_roles.design_id
    group by
        period_waves.study_id,
        period_waves.period_wave_id,
        period_waves.period_grain,
        period_waves.period_start
),

final as (
    select
        -- keys
        described.study_id,
        described.period_grain as set_grain,
        described.period_wave_id as set_wave_id,
        periods.weight_key,

        -- design
        described.n_waves,
        periods.degrees_of_freedom,
        case
            when described.n_samples = described.n_waves then 'independent'
            when described.has_replicates = 1 then 'shared_replicates'
            when described.has_psu = 1 then 'shared_psu'
            else 'panel'
        end as covariance_method
    from described
    inner join periods
        on
            described.study_id = periods.study_id
            and described.period_wave_id = periods.wave_id
            and described.period_grain = periods.period_grain
            and described.period_start = periods.period_start
)

select * from final
