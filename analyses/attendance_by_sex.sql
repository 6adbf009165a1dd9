-- How does the share of women and men who never attend services run, with marks for what changed?
with

estimates as (
    select * from {{ ref('chart_trend_estimates') }}
),

final as (
    select
        wave_label,
        segment_value_label,
        display_value,
        display_interval,
        case when is_significant_since_previous then since_previous end as mark,
        break_text is not null as is_after_break
    from estimates
    where
        measure_id = 'religious_attendance_share'
        and category_code = 'never'
        and segment_id = 'sex'
)

select * from final
order by
    wave_label,
    segment_value_label
