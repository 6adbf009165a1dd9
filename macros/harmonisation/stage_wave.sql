{% macro stage_wave(study_id, wave_id) -%}
with

delivered as (
    {{ unpivot_rows(ref(study_id ~ '_' ~ wave_id)) | indent(4) }}
),

final as (
    select
        cast({{ sql_text(study_id) }} as {{ dbt.type_string() }}) as study_id,
        cast({{ sql_text(wave_id) }} as {{ dbt.type_string() }}) as wave_id,
        cast(row_number as bigint) as row_number,
        cast(source_column as {{ dbt.type_string() }}) as source_column,
        cast(source_code as {{ dbt.type_string() }}) as source_code
    from delivered
)

select * from final
{%- endmacro %}


{% macro stage_landed_wave(study_id, wave_id, columns) -%}
with

delivered as (
    {%- set landed = source('landing', study_id ~ '_' ~ wave_id) %}
    {%- if execute and has_landed(landed, study_id ~ '/' ~ wave_id ~ '/answers') %}
    {{ unpivot_rows(landed, columns) | indent(4) }}
    {%- else %}
    select
        cast(null as bigint) as row_number,
        cast(null as {{ dbt.type_string() }}) as source_column,
        cast(null as {{ dbt.type_string() }}) as source_code
    where false
    {%- endif %}
),

final as (
    select
        cast({{ sql_text(study_id) }} as {{ dbt.type_string() }}) as study_id,
        cast({{ sql_text(wave_id) }} as {{ dbt.type_string() }}) as wave_id,
        cast(row_number as bigint) as row_number,
        cast(source_column as {{ dbt.type_string() }}) as source_column,
        cast(source_code as {{ dbt.type_string() }}) as source_code
    from delivered
)

select * from final
{%- endmacro %}
