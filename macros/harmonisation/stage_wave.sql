{% macro stage_wave(study_id, wave_id) -%}
    {{ wavehouse.long_wave(study_id, wave_id, wavehouse.unpivot_rows(ref(study_id ~ '_' ~ wave_id))) }}
{%- endmacro %}


{% macro stage_landed_wave(study_id, wave_id, columns) -%}
    {%- set landed = source('landing', study_id ~ '_' ~ wave_id) -%}
    {%- if execute and wavehouse.has_landed(landed, study_id ~ '/' ~ wave_id ~ '/answers') -%}
        {%- set delivered = wavehouse.unpivot_rows(landed, columns) -%}
    {%- else -%}
        {%- set delivered = wavehouse.no_rows_of_a_wave() -%}
    {%- endif -%}
    {{ wavehouse.long_wave(study_id, wave_id, delivered) }}
{%- endmacro %}


{#- One type for each column, whatever an engine's way to unpivot gives. -#}
{% macro long_wave(study_id, wave_id, delivered) -%}
select
    cast({{ wavehouse.sql_text(study_id) }} as {{ dbt.type_string() }}) as study_id,
    cast({{ wavehouse.sql_text(wave_id) }} as {{ dbt.type_string() }}) as wave_id,
    cast(row_number as bigint) as row_number,
    cast(source_column as {{ dbt.type_string() }}) as source_column,
    cast(source_code as {{ dbt.type_string() }}) as source_code
from (
    {{ delivered | indent(4) }}
) as delivered_wave
{%- endmacro %}


{% macro no_rows_of_a_wave() -%}
select
    cast(null as bigint) as row_number,
    cast(null as {{ dbt.type_string() }}) as source_column,
    cast(null as {{ dbt.type_string() }}) as source_code
where false
{%- endmacro %}
