/*
    The t quantile of every number of degrees of freedom that occurs: exact from the table up to 200, and
    beyond it the expansion in 1/df around the normal quantile (Abramowitz and Stegun 26.7.5), whose relative
    error is below 1e-11 there.
*/
with

periods as (
    select * from {{ ref('int_design__periods') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

levels as (
    select
        ci_level,
        normal_quantile as z
    from {{ ref('stg_reference__confidence_levels') }}
),

tabulated as (
    select * from {{ ref('stg_reference__t_quantiles') }}
),

needed as (
    select distinct
        periods.degrees_of_freedom,
        studies.ci_level
    from periods
    inner join studies
        on periods.study_id = studies.study_id
),

final as (
    select
        needed.ci_level,
        needed.degrees_of_freedom,
        {{ t_quantile(
            'tabulated.t_quantile', 'levels.z', 'needed.degrees_of_freedom'
        ) | indent(8) }} as t_quantile
    from needed
    inner join levels
        on needed.ci_level = levels.ci_level
    left join tabulated
        on
            needed.ci_level = tabulated.ci_level
            and needed.degrees_of_freedom = tabulated.degrees_of_freedom
)

select * from final
