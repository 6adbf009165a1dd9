{% macro reason_of_parts(observation_status) -%}
    case {{ observation_status }}
        when 'M' then 'One of the estimates it rests on cannot exist'
        when 'L' then 'One of the estimates it rests on was not collected'
        when 'Q' then 'One of the estimates it rests on is hidden'
        when 'B' then 'A break in the series lies between its waves'
        when 'U' then 'One of the estimates it rests on is of low reliability'
    end
{%- endmacro %}
