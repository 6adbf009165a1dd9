{% macro day_as_written(expression) -%}
    {#-
        The day of a delivered date as YYYY-MM-DD, where it may be written without leading zeros, or be a time stamp.
        Its zone is left aside: a day is that of the place of the interview, as it is written. Other texts stay.
    -#}
    {%- set day = dbt.split_part("replace(" ~ expression ~ ", 'T', ' ')", "' '", 1) -%}
    case
        when {{ wavehouse.matches(
            expression,
            '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?'
        ) }}
            then
                {{ dbt.split_part(day, "'-'", 1) }}
                || '-' || {{ dbt.right("'0' || " ~ dbt.split_part(day, "'-'", 2), 2) }}
                || '-' || {{ dbt.right("'0' || " ~ dbt.split_part(day, "'-'", 3), 2) }}
        else {{ expression }}
    end
{%- endmacro %}
