{#- How many times the larger of two numbers is as large as the smaller; null unless both are above zero. -#}
{% macro factor_between(one, other) -%}
    case
        when {{ one }} > 0 and {{ other }} > 0
            then
                cast(greatest({{ one }}, {{ other }}) as {{ type_number() }})
                / least({{ one }}, {{ other }})
    end
{%- endmacro %}


{#- A number in a sentence, with three decimals. -#}
{% macro number_text(expression) -%}
    {#- The little bit decides halves the same way on every engine. -#}
    cast(
        cast({{ expression }} + 1e-9 as decimal(28, 3)) as {{ dbt.type_string() }}
    )
{%- endmacro %}


{#- A fraction in a sentence, as a percentage with one decimal. -#}
{% macro percent_text(expression) -%}
    cast(
        cast(100 * {{ expression }} + 1e-9 as decimal(28, 1)) as {{ dbt.type_string() }}
    ) || ' %'
{%- endmacro %}


{#- A whole number in a sentence. -#}
{% macro count_text(expression) -%}
    cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
{%- endmacro %}


{#-
    A label without what does not change its meaning: case, blanks, punctuation. Beside digits punctuation does:
    1.5 is not 15, and -1 is not 1.
-#}
{% macro plain_words(expression) -%}
    regexp_replace(
        regexp_replace(lower({{ expression }}), '[[:space:];:!?()/_"]', '', 'g'),
        '([.,-]+)([^0-9.,-]|$)', '\2', 'g'
    )
{%- endmacro %}
