{#- Each key with the model that gives it, and the ids that it is a hash of. -#}
{%- set keys = [
    ('period_key', 'int_comparisons__period_waves', ['study_id', 'period_wave_id', 'period_grain', 'period_start']),
    ('wave_key', 'int_comparisons__period_waves', ['study_id', 'wave_id']),
    ('part_key', 'int_design__parts', ['study_id', 'sample_key', 'part_start', 'part_end']),
    ('unit_key', 'int_design__units', ['study_id', 'sample_id', 'weight_id', 'stratum_id', 'psu_id', 'is_own_psu', 'is_replicate']),
    ('stratum_key', 'int_design__strata', ['study_id', 'sample_id', 'weight_id', 'stratum_id']),
    ('sample_key', 'int_design__strata', ['study_id', 'sample_id', 'weight_id']),
    ('weight_key', 'int_design__strata', ['study_id', 'weight_id']),
    ('segment_value_key', 'int_segments__values', ['segment_id', 'segment_code']),
    ('variable_key', 'int_measures__variables', ['variable_id', 'base_id']),
    ('score_key', 'int_measures__denominators', ['measure_id', 'category_code', 'standard_code']),
    ('denominator_key', 'int_measures__denominators', ['measure_id', 'denominator_code', 'standard_code']),
    ('base_key', 'int_measures__denominators', ['measure_id', 'denominator_code']),
    ('cell_key', 'int_estimates__group_totals', ['period_key', 'measure_id', 'category_code', 'segment_value_key']),
    (
        'contrast_key', 'int_contrasts__contrasts',
        ['contrast_kind', 'study_id', 'set_wave_id', 'measure_id', 'category_code', 'segment_id', 'contrast_code']
    ),
] -%}
{%- for key, model, ids in keys %}
select
    '{{ key }}' as key_name,
    {{ key }} as key_value,
    count(*) as n_ids
from (
    select distinct
        {{ key }},
        {{ ids | join(',\n        ') }}
    from {{ ref(model) }}
) as named
group by {{ key }}
having count(*) > 1
{%- if not loop.last %}

union all
{% endif %}
{%- endfor %}
