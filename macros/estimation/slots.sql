{#-
    Sums over PSUs stand in one row for twelve answers of a variable, each in a `slot`; longer code lists take several
    rows (`block_number`). There are fewer rows than with one for each answer, and an answer that nobody gave is
    a zero where sums need one. Scales from 0 to 10 fit in.
-#}
{% macro slots() -%}
    {{ return(range(1, 13)) }}
{%- endmacro %}


{% macro answer_key(variable_id, category_code) -%}
    {#- An answer of a variable as an integer: a category, or any number (`_Z`). -#}
    {{ wavehouse.integer_key([variable_id, "coalesce(" ~ category_code ~ ", '_Z')"]) }}
{%- endmacro %}


{% macro sum_of_slots(factors, sums, squared=false) -%}
    {#- What the answers of a row add to a score: the sum of each slot times its factor. -#}
    {%- for slot in wavehouse.slots() -%}
        {{ factors }}_{{ slot }} {% if squared %}* {{ factors }}_{{ slot }} {% endif -%}
        * {{ sums }}_{{ slot }}
        {%- if not loop.last %}
    + {% endif -%}
    {%- endfor -%}
{%- endmacro %}
