{#-
    Casts that give null instead of failing. What counts as a number or a date is one pattern for all
    engines: their own parsers disagree on `1e5`, `inf`, ` 12 ` and `1_000`.
-#}
{% macro number_pattern() -%}
    [+-]?([0-9]{1,100}[.]?[0-9]{0,100}|[.][0-9]{1,100})([eE][+-]?[0-9]{1,2})?
{%- endmacro %}

{% macro to_number(expression) -%}
    {{ return(adapter.dispatch('to_number', 'wavehouse')(expression)) }}
{%- endmacro %}

{% macro default__to_number(expression) -%}
    case
        when {{ wavehouse.matches(expression, wavehouse.number_pattern()) }}
            then cast({{ expression }} as {{ wavehouse.type_number() }})
    end
{%- endmacro %}

{% macro duckdb__to_number(expression) -%}
    case
        when {{ wavehouse.matches(expression, wavehouse.number_pattern()) }}
            then try_cast({{ expression }} as {{ wavehouse.type_number() }})
    end
{%- endmacro %}


{% macro to_integer(expression) -%}
    {{ return(adapter.dispatch('to_integer', 'wavehouse')(expression)) }}
{%- endmacro %}

{% macro default__to_integer(expression) -%}
    case
        when {{ wavehouse.matches(expression, '[+-]?[0-9]{1,9}') }}
            then cast({{ expression }} as integer)
    end
{%- endmacro %}

{% macro duckdb__to_integer(expression) -%}
    case
        when {{ wavehouse.matches(expression, '[+-]?[0-9]{1,9}') }}
            then try_cast({{ expression }} as integer)
    end
{%- endmacro %}


{% macro to_boolean(expression) -%}
    {#- The codebook writes `true` and `false`; anything else is unknown, and reported as such. -#}
    case {{ expression }} when 'true' then true when 'false' then false end
{%- endmacro %}


{% macro to_date(expression) -%}
    {{ return(adapter.dispatch('to_date', 'wavehouse')(expression)) }}
{%- endmacro %}

{#-
    The day is compared with the length of its month, since a cast of 2001-02-30 would stop the query. There is no
    year 0.
-#}
{% macro default__to_date(expression) -%}
    case
        when
            {{ wavehouse.matches(expression, '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])') }}
            and substring({{ expression }}, 1, 4) <> '0000'
            then case
                when
                    cast(substring({{ expression }}, 9, 2) as integer)
                    <= extract(
                        day from
                        cast(substring({{ expression }}, 1, 7) || '-01' as date)
                        + interval '1 month' - interval '1 day'
                    )
                    then cast({{ expression }} as date)
            end
    end
{%- endmacro %}

{% macro duckdb__to_date(expression) -%}
    case
        when
            {{ wavehouse.matches(expression, '[0-9]{4}-[0-9]{2}-[0-9]{2}') }}
            and substring({{ expression }}, 1, 4) <> '0000'
            then try_cast({{ expression }} as date)
    end
{%- endmacro %}
