-- Are women or men happier, and since when? Estimates and intervals of each wave side by side.
with

estimates as (
    select * from {{ ref('fct_trend_estimates') }}
),

very_happy as (
    select *
    from estimates
    where
        measure_id = 'happiness_share'
        and category_code = 'very_happy'
        and segment_id = 'sex'
),

final as (
    select
        study_id,
        wave_id,
        {% for sex in ['female', 'male'] -%}
        max(case when segment_code = '{{ sex }}' then estimate end) as {{ sex }}_estimate,
        max(case when segment_code = '{{ sex }}' then ci_lower end) as {{ sex }}_ci_lower,
        max(case when segment_code = '{{ sex }}' then ci_upper end) as {{ sex }}_ci_upper,
        {% endfor -%}
        max(case when observation_status = 'B' then 1 else 0 end) = 1 as is_after_break
    from very_happy
    group by
        study_id,
        wave_id
)

select * from final
order by
    study_id,
    wave_id
