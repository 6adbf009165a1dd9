with

codebook as (
    select * from {{ ref('deliveries') }}
),

final as (
    select
        study_id,
        wave_id,
        {{ to_integer('position') }} as position,
        file_name,
        url,
        sha256,
        {{ to_integer('size_bytes') }} as size_bytes,
        reading_options
    from codebook
    where {{ is_not_left_out('codebook.study_id') }}
)

select * from final
