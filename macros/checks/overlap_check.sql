{% macro overlap_check(seed, key, waves) -%}
    {#-
        Rows of a codebook table with the same key that hold in the same wave; one problem per key. Rows that
        begin in the same wave too are duplicates, and a problem of the primary key.
    -#}
    {%- set parts = [] -%}
    {%- for column in key -%}
        {%- do parts.append("'" ~ column ~ " ' || " ~ wavehouse.quoted(column)) -%}
    {%- endfor -%}
select
    {{ wavehouse.problem_columns(
        check_id='codebook_overlapping_validity',
        file=wavehouse.codebook_file(seed),
        study_id='study_id',
        wave_id='min(wave_id)',
        column_name="'valid_from_wave, valid_to_wave'",
        source_code=key | last,
        n_rows='max(n_rows)',
        problem="'More than one row holds in the same wave (' || "
            ~ wavehouse.joined_in_order('wave_id', "', '", 'wave_id') ~ " || ') for ' || "
            ~ parts | join(" || ', ' || ") ~ " || '.'",
        remedy="'End the earlier row (valid_to_wave) before the later one begins (valid_from_wave).'"
    ) }}
from (
    select
        {{ key | join(', ') }},
        wave_id,
        count(*) as n_rows
    from (
        {{ wavehouse.expand_validity(ref('stg_codebook__' ~ seed), waves) }}
    ) as expanded
    group by
        {{ key | join(', ') }},
        wave_id
    having count(distinct valid_from_wave) > 1
) as overlapping
group by {{ key | join(', ') }}
{%- endmacro %}
