{% macro rows_of_no_wave(relation, waves) -%}
    {#-
        Codebook rows that hold in no wave: a wave they name is not there or has no number, or they end before
        they begin. Each is a problem of its own; what it was meant for must not be reported as missing too.
    -#}
    select valid.*
    from {{ relation }} as valid
    left join {{ waves }} as first_wave
        on
            valid.study_id = first_wave.study_id
            and valid.valid_from_wave = first_wave.wave_id
    left join {{ waves }} as last_wave
        on
            valid.study_id = last_wave.study_id
            and valid.valid_to_wave = last_wave.wave_id
    where
        first_wave.wave_number is null
        or (
            valid.valid_to_wave is not null
            and coalesce(last_wave.wave_number < first_wave.wave_number, true)
        )
{%- endmacro %}
