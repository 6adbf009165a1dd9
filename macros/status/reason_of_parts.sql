{% macro reason_of_parts(observation_status, is_error_unknown) -%}
    case
        when {{ observation_status }} = 'M' then 'One of the estimates it rests on cannot exist'
        when {{ observation_status }} = 'L' then 'One of the estimates it rests on was not collected'
        when {{ observation_status }} = 'Q' then 'One of the estimates it rests on is suppressed'
        when {{ observation_status }} = 'B' then 'A break in the series lies between its waves'
        when {{ observation_status }} = 'U' and {{ is_error_unknown }}
            then 'Error not known: that of one of the estimates it rests on is not'
        when {{ observation_status }} = 'U'
            then 'One of the estimates it rests on is of low reliability'
    end
{%- endmacro %}
