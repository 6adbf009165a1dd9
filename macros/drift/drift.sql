{#- The larger of two numbers divided by the smaller; null unless both are above zero. -#}
{% macro factor_between(one, other) -%}
    case
        when {{ one }} > 0 and {{ other }} > 0
            then
                cast(greatest({{ one }}, {{ other }}) as {{ wavehouse.type_number() }})
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
    A label without what does not change its meaning: case, blanks, punctuation, quotes and dashes of whatever
    kind, "haven't" for "have not"; with the name of its column, without that and a question number in front.
    In numbers punctuation counts: 1.5 is not 15, and -1 is not 1; the mark ␟ keeps it there. What review asks
    about is decided by the same steps: wavehouse/onboarding/typography.py.
-#}
{% macro plain_words(expression, name=none) -%}
    {%- set text -%}
        translate(
            lower({{ expression }}),
            '‘’‚‛´`ʼ“”„«»‹›‐‑‒–—―−' || chr(160) || chr(8201) || chr(8239) || '…',
            '{{ "'" * 14 }}"""""""-------   .'
        )
    {%- endset -%}
    {%- set steps = [
        ["won''t([^a-z]|$)", 'will not\\1'],
        ["(?:can''t|cannot)([^a-z]|$)", 'can not\\1'],
        ["n''t([^a-z]|$)", ' not\\1'],
        ["''s([^a-z]|$)", '\\1'],
        ['([0-9])([.,/:])([0-9])', '\\1\\2␟\\3'],
        ['([0-9])([.,/:])([0-9])', '\\1\\2␟\\3'],
        ['(^|[^a-z0-9])-([0-9])', '\\1-␟\\2'],
        ["[\\s;?!()_\"''\\[\\]{}\\\\&|©®™¨¯¿¡·•­​﻿]", ''],
        ['[.,/:-]+([^.,/:␟-]|$)', '\\1'],
    ] -%}
    {%- set found = namespace(text=text) -%}
    {%- if name is not none -%}
        {%- set own -%}
            '^[^a-z0-9]*'
            || {{ wavehouse.replace_matches('lower(' ~ name ~ ')', "'[^a-z0-9]+'", "'[^a-z0-9]*'") }}
            || '[\])]?\s*(?:[.:)]|-\s)\s*(\S)'
        {%- endset -%}
        {%- set number -%}
            '^\s*[\[(]?\s*[a-z]{0,3}[-_.]?[0-9]{1,3}(?:[-_]?[a-z][a-z0-9]{0,4}|[-_.]\s?[a-z0-9]{1,5}){0,3}\s*(?:[\])]|[.:)]|\s-)\s+(\S)'
        {%- endset -%}
        {#- Both begin with the text, so they match once. -#}
        {%- set found.text = wavehouse.replace_matches(found.text, own, "'\\1'") -%}
        {%- set found.text = wavehouse.replace_matches(found.text, number, "'\\1'") -%}
    {%- endif -%}
    {%- for pattern, replacement in steps -%}
        {%- set found.text = wavehouse.replace_matches(
            found.text, "'" ~ pattern ~ "'", "'" ~ replacement ~ "'"
        ) -%}
    {%- endfor -%}
    {{ found.text }}
{%- endmacro %}
