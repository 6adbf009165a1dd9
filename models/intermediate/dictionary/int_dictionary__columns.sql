-- depends_on: {{ ref('int_checks__problems') }}
-- What the YAML of the public tables says, so that a description is written once and read everywhere.
with

columns_of_marts as (
    {{ public_columns() | indent(4) }}
),

final as (
    select
        -- keys
        table_name,
        column_name,

        cast(column_position as integer) as column_position,
        data_type,
        column_description,
        is_key,
        guarded_by,

        -- what the column shows
        study_id,
        variable_id,
        segment_id,
        design_role,
        shows
    from columns_of_marts
    where table_name is not null
)

select * from final
