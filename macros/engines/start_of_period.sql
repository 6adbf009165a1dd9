{% macro start_of_period(grain, day) -%}
    {#- The first day of the calendar period of a day; the grain is a column, and weeks begin on Monday. -#}
    cast(
        case {{ grain }}
            when 'day' then {{ day }}
            {% for part in ['week', 'month', 'quarter', 'year'] -%}
            when '{{ part }}' then cast({{ dbt.date_trunc(part, day) }} as date)
            {% endfor -%}
            when 'half_year'
                then cast(
                    {{ dbt.dateadd(
                        'month',
                        "case when extract(month from " ~ day ~ ") > 6 then 6 else 0 end",
                        dbt.date_trunc('year', day)
                    ) }} as date
                )
        end as date
    )
{%- endmacro %}
