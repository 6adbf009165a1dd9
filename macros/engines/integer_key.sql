{% macro integer_key(expressions) -%}
    {#-
        The first 60 bits of the md5 sum of surrogate_key(): the same whole number on every engine and in every build, also
        when the codebook has changed. With 60 bits it is never negative, which engines would read differently.
        Of a million keys two are the same with a probability of 4 in 10 million; tests look for it.
    -#}
    {{ return(adapter.dispatch('integer_key', 'wavehouse')(wavehouse.surrogate_key(expressions))) }}
{%- endmacro %}


{% macro duckdb__integer_key(hash) -%}
    cast('0x' || left({{ hash }}, 15) as bigint)
{%- endmacro %}


{% macro postgres__integer_key(hash) -%}
    cast(cast('x' || left({{ hash }}, 15) as bit(60)) as bigint)
{%- endmacro %}
