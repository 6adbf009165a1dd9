{% macro expand_validity(relation, waves) -%}
    {#-
        Codebook rows hold from one wave to another (an empty end means "still"). This gives one row per
        wave in which each holds. `wave_number` is the order of the waves within their study.
    -#}
    select
        waves.wave_id,
        waves.wave_number,
        valid.*
    from {{ relation }} as valid
    inner join {{ waves }} as first_wave
        on
            valid.study_id = first_wave.study_id
            and valid.valid_from_wave = first_wave.wave_id
    left join {{ waves }} as last_wave
        on
            valid.study_id = last_wave.study_id
            and valid.valid_to_wave = last_wave.wave_id
    inner join {{ waves }} as waves
        on
            valid.study_id = waves.study_id
            and first_wave.wave_number <= waves.wave_number
            and (
                valid.valid_to_wave is null
                or last_wave.wave_number >= waves.wave_number
            )
{%- endmacro %}
