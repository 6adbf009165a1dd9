{% set columns = {
    'study_id': 'text',
    'wave_id': 'text',
    'position': 'integer',
    'source_column': 'text',
    'delivered_name': 'text',
    'table_name': 'text',
    'column_label': 'text',
    'delivered_type': 'text',
    'display_format': 'text',
} %}
with

landed as (
    {{ landed_metadata('columns', columns) | indent(4) }}
),

final as (
    select
        study_id,
        wave_id,
        position,
        source_column,
        delivered_name,
        table_name,
        column_label,
        delivered_type,
        display_format
    from landed
)

select * from final
