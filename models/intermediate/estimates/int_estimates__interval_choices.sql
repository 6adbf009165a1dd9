/*
    1. The publication rule chooses the interval of a share. A share of 0 or 1 has an exact one under any rule,
       with n for its effective base.
    2. The method is named also where it gives no bounds, because something that it needs is not known.
*/
with

statistics as (
    select * from {{ ref('int_estimates__estimates') }}
),

effective_bases as (
    select * from {{ ref('int_estimates__effective_bases') }}
),

rules as (
    select * from {{ ref('int_measures__publication_rules') }}
),

t_quantiles as (
    select * from {{ ref('int_design__t_quantiles') }}
),

chosen as (
    select
        statistics.*,
        t_quantiles.t_quantile,
        effective_bases.korn_graubard_n,
        effective_bases.korn_graubard_capped_n,
        case
            when rules.is_share and (statistics.estimate <= 0 or statistics.estimate >= 1)
                then 'korn_graubard_capped'
            else rules.ci_method
        end as ci_method
    from statistics
    inner join rules
        on
            statistics.study_id = rules.study_id
            and statistics.measure_id = rules.measure_id
    left join t_quantiles
        on
            statistics.degrees_of_freedom = t_quantiles.degrees_of_freedom
            and statistics.ci_level = t_quantiles.ci_level
    left join effective_bases
        on statistics.cell_key = effective_bases.cell_key
),

final as (
    select
        -- keys
        cell_key,

        -- what the interval is made of
        estimate,
        standard_error,
        ci_level,
        t_quantile,
        ci_method,
        cast(
            case
                when ci_method = 'korn_graubard_capped' then korn_graubard_capped_n
                when ci_method = 'korn_graubard_uncapped' then korn_graubard_n
            end as {{ type_number() }}
        ) as exact_base
    from chosen
)

select * from final
