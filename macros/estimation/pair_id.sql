{% macro pair_id(one_number, one_id, other_number, other_id) -%}
    case
        when {{ one_number }} < {{ other_number }}
            then {{ one_id }} || '+' || {{ other_id }}
        else {{ other_id }} || '+' || {{ one_id }}
    end
{%- endmacro %}
