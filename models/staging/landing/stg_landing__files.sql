{% set columns = {
    'study_id': 'text',
    'wave_id': 'text',
    'position': 'integer',
    'table_name': 'text',
    'file_name': 'text',
    'file_format': 'text',
    'size_bytes': 'bigint',
    'sha256': 'text',
    'n_rows': 'bigint',
    'n_columns': 'integer',
    'encoding': 'text',
    'landed_at': 'timestamp',
    'tool': 'text',
} %}
with

landed as (
    {{ landed_metadata('files', columns) | indent(4) }}
),

final as (
    select
        study_id,
        wave_id,
        position,
        table_name,
        file_name,
        file_format,
        size_bytes,
        sha256,
        n_rows,
        n_columns,
        encoding,
        landed_at,
        tool
    from landed
)

select * from final
