{% macro is_not_left_out(study_id) -%}
    not exists (
        select 1
        from {{ ref('stg_codebook__left_out_studies') }} as left_out_studies
        where left_out_studies.study_id = {{ study_id }}
    )
{%- endmacro %}
