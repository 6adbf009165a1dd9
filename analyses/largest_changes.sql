-- What changed most since the first wave that asked it? Within one unit, of all respondents.
with

changes as (
    select * from {{ ref('chart_trend_changes') }}
),

final as (
    select
        study_label,
        measure_label,
        category_label,
        waves_label,
        display_value,
        display_interval,
        break_text is not null as is_across_break,
        row_number() over (
            partition by study_id
            order by
                round(cast(abs(value) as {{ dbt.type_numeric() }}), 6) desc,
                measure_id, category_order, category_code, to_wave_number
        ) as place
    from changes
    where
        is_significant
        and comparison = 'first'
        and segment_id = 'total'
        and value_unit = 'percentage points'
)

select * from final
where place <= 10
order by
    study_label,
    place
