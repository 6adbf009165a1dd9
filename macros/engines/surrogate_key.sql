{% macro surrogate_key(expressions) -%}
    {#-
        The separator and the word for null keep ('a', 'bc') apart from ('ab', 'c') and null from ''.
        dbt.hash is md5 as hexadecimal text on every engine.
    -#}
    {%- set parts = [] -%}
    {%- for expression in expressions -%}
        {%- do parts.append("coalesce(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "), '<null>')") -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(" || '<|>' || ")) }}
{%- endmacro %}
