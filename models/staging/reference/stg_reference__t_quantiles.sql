with

reference as (
    select * from {{ ref('t_quantiles') }}
),

final as (
    select
        {{ to_number('ci_level') }} as ci_level,
        {{ to_integer('degrees_of_freedom') }} as degrees_of_freedom,
        {{ to_number('t_quantile') }} as t_quantile
    from reference
)

select * from final
