{#- Kinds of boxes by how many categories they have, from the end that their name begins with. -#}
{% macro box_kinds() -%}
    {%- set kinds = {} -%}
    {%- for end in ['top', 'bottom'] -%}
        {%- do kinds.update({end ~ '_box': 1}) -%}
        {%- for n in range(2, 6) -%}
            {%- do kinds.update({end ~ '_' ~ n ~ '_box': n}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(kinds) }}
{%- endmacro %}


{% macro is_box_kind(measure_kind) -%}
    {{ measure_kind }} in ({{ wavehouse.text_literals(wavehouse.box_kinds().keys()) }})
{%- endmacro %}


{% macro is_generated_kind(measure_kind) -%}
    {{ measure_kind }} in ({{ wavehouse.text_literals(wavehouse.box_kinds().keys() | list + ['nps', 'mean_code', 'mean_step']) }})
{%- endmacro %}


{% macro n_boxes(measure_kind) -%}
    case {{ measure_kind }}
        {%- for kind, n in wavehouse.box_kinds().items() %}
        when '{{ kind }}' then {{ n }}
        {%- endfor %}
    end
{%- endmacro %}


{% macro estimated_kind(measure_kind) -%}
    case
        when {{ wavehouse.is_box_kind(measure_kind) }} then 'net'
        when {{ wavehouse.is_generated_kind(measure_kind) }} then 'score'
        else {{ measure_kind }}
    end
{%- endmacro %}
