{#- The last is said of a change that is rounded to nothing. -#}
{% macro change_in_words(change, is_significant, is_comparable, from_label) -%}
    case
        when not {{ is_comparable }} then 'Not comparable with ' || {{ from_label }}
        when {{ change }} is null then 'Change from ' || {{ from_label }} || ' not shown'
        when {{ is_significant }} is null then 'Change from ' || {{ from_label }} || ' not tested'
        when not {{ is_significant }} then 'No significant change from ' || {{ from_label }}
        when {{ change }} > 0 then 'Significantly higher than in ' || {{ from_label }}
        when {{ change }} < 0 then 'Significantly lower than in ' || {{ from_label }}
        else 'Significantly different from ' || {{ from_label }}
    end
{%- endmacro %}
