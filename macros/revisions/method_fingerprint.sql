{#- What figures are computed by: a sum of SQL, settings and versions, which `wavehouse build` makes. -#}
{% macro method_fingerprint() -%}
    {{ return(env_var('WAVEHOUSE_METHOD', 'unknown')) }}
{%- endmacro %}
