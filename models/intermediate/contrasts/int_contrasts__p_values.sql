/*
    Two-sided p-values of Student's t by Gauss-Legendre quadrature, since no engine we build on has the
    distribution. The density is integrated up to t (for |t| <= 1) or from t on, and divided by
    its integral over everything, so that no gamma function is needed. 64 nodes give a relative error below
    1e-11 wherever p is above 1e-200 (tests compare with R).
*/
with

t_statistics as (
    select distinct
        abs(t_statistic) as t,
        degrees_of_freedom as df
    from {{ ref('int_contrasts__contrasts') }}
    where
        t_statistic is not null
        and degrees_of_freedom > 0
),

nodes as (
    select * from {{ ref('stg_reference__gauss_legendre') }}
),

degrees as (
    select distinct df from t_statistics
),

-- half of the whole: from 0 to 1 and from 1 on
wholes as (
    select
        degrees.df,
        sum(
            nodes.node_weight * (
                {{ t_density_central('1', 'degrees.df', 'nodes.node') | indent(16) }}
                + {{ t_density_tail('1', 'degrees.df', 'nodes.node') | indent(16) }}
            )
        ) as whole
    from degrees
    cross join nodes
    group by degrees.df
),

parts as (
    select
        t_statistics.t,
        t_statistics.df,
        sum(
            nodes.node_weight * case
                when t_statistics.t <= 1
                    then {{ t_density_central(
                        't_statistics.t', 't_statistics.df', 'nodes.node'
                    ) | indent(20) }}
                else {{ t_density_tail(
                    't_statistics.t', 't_statistics.df', 'nodes.node'
                ) | indent(16) }}
            end
        ) as part
    from t_statistics
    cross join nodes
    group by
        t_statistics.t,
        t_statistics.df
),

final as (
    select
        parts.t as absolute_t,
        parts.df as degrees_of_freedom,
        case
            when parts.t <= 1 then 1 - parts.part / wholes.whole
            else parts.part / wholes.whole
        end as p_value
    from parts
    inner join wholes
        on parts.df = wholes.df
)

select * from final
