{% macro stage_wave(study_id, wave_id) -%}
with

delivered as (
    {{ unpivot_rows(ref(study_id ~ '_' ~ wave_id)) | indent(4) }}
),

final as (
    select
        cast('{{ study_id }}' as {{ dbt.type_string() }}) as study_id,
        cast('{{ wave_id }}' as {{ dbt.type_string() }}) as wave_id,
        cast(row_number as bigint) as row_number,
        cast(source_column as {{ dbt.type_string() }}) as source_column,
        cast(source_code as {{ dbt.type_string() }}) as source_code
    from delivered
)

select * from final
{%- endmacro %}
