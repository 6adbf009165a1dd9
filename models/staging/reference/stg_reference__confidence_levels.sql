with

reference as (
    select * from {{ ref('confidence_levels') }}
),

final as (
    select
        {{ to_number('ci_level') }} as ci_level,
        level_label,
        {{ to_number('normal_quantile') }} as normal_quantile
    from reference
)

select * from final
