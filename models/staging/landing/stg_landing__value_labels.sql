{% set columns = {
    'study_id': 'text',
    'wave_id': 'text',
    'source_column': 'text',
    'source_code': 'text',
    'value_label': 'text',
    'is_missing': 'boolean',
} %}
with

landed as (
    {{ landed_metadata('value_labels', columns) | indent(4) }}
),

final as (
    select
        study_id,
        wave_id,
        source_column,
        source_code,
        value_label,
        is_missing
    from landed
)

select * from final
