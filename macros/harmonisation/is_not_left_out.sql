{#- Conditions that keep the codebook's rows of studies, variables, ... that are there. -#}
{% macro is_not_left_out(study_id) -%}
    {{ wavehouse.not_among('stg_codebook__left_out_studies', 'study_id', study_id) }}
{%- endmacro %}

{% macro is_not_left_out_variable(variable_id) -%}
    {{ wavehouse.not_among('stg_codebook__left_out_variables', 'variable_id', variable_id) }}
{%- endmacro %}

{% macro is_not_left_out_measure(measure_id) -%}
    {{ wavehouse.not_among('stg_codebook__left_out_measures', 'measure_id', measure_id) }}
{%- endmacro %}

{% macro is_not_left_out_segment(segment_id) -%}
    {{ wavehouse.not_among('stg_codebook__left_out_segments', 'segment_id', segment_id) }}
{%- endmacro %}

{% macro not_among(model, column, expression) -%}
    not exists (
        select 1
        from {{ ref(model) }} as left_out
        where left_out.{{ column }} = {{ expression }}
    )
{%- endmacro %}
