-- depends_on: {{ ref('int_checks__problems') }}
with

{% set text = dbt.type_string() %}
final as (
    {{ published_rows('dictionary_fingerprints', {
        'study_id': text,
        'wave_id': text,
        'reason': text,
        'subject_kind': text,
        'subject_id': text,
        'fingerprint': text,
    }) | indent(4) }}
)

select * from final
