{% macro psu_sums(part_waves, cells=none, units=ref('int_design__units')) -%}
    {#-
        The numerator y and the denominator x of each cell, by part and PSU: everybody of the cell with a valid answer,
        from waves that offered what is estimated. Waves of one part are summed here, so that a PSU that several of
        them share is one PSU. sum_wwyy, sum_wwyx and sum_wwxx are for PSUs of one respondent each; others may have
        none.
    -#}
    {%- set sums = [
        'n_respondents', 'sum_w', 'sum_ww', 'total_x', 'sum_wxx', 'total_y', 'sum_wyy', 'sum_wyx',
        'sum_wwyy', 'sum_wwyx', 'sum_wwxx',
    ] -%}
    with

    wanted as (
        {{ wavehouse.part_scores(part_waves) | indent(8) }}
    ),

    rows_of_psus as (
        {{ wavehouse._rows_of_answers(cells, units) | indent(8) }}

        union all

        {{ wavehouse._rows_of_quantiles(cells, units) | indent(8) }}

        union all

        {{ wavehouse._rows_of_values(cells, units) | indent(8) }}
    )

    -- most PSUs have one row, which spares their sum
    select
        part_key,
        score_key,
        segment_value_key,
        unit_key,
        {{ sums | join(',\n        ') }}
    from rows_of_psus
    where is_of_one_row

    union all

    select
        part_key,
        score_key,
        segment_value_key,
        unit_key,
        {% for sum in sums -%}
        sum({{ sum }}) as {{ sum }}{{ ',' if not loop.last }}
        {% endfor -%}
    from rows_of_psus
    where not is_of_one_row
    group by
        part_key,
        score_key,
        segment_value_key,
        unit_key
{%- endmacro %}


{% macro _rows_of_answers(cells, units) -%}
    {#- The answers of a variable, each times its score. -#}
    select
        wanted.part_key,
        wanted.score_key,
        moments.segment_value_key,
        moments.unit_key,
        wanted.is_of_one_row and moments.moment_date is null as is_of_one_row,
        moments.n_respondents,
        moments.sum_w,
        moments.sum_ww,
        moments.sum_w as total_x,
        moments.sum_w as sum_wxx,
        {{ wavehouse.sum_of_slots('wanted.score', 'moments.sum_w') | indent(8) }}
        + wanted.number_factor * moments.sum_wy as total_y,
        {{ wavehouse.sum_of_slots('wanted.score', 'moments.sum_w', squared=true) | indent(8) }}
        + wanted.number_factor * moments.sum_wyy as sum_wyy,
        {{ wavehouse.sum_of_slots('wanted.score', 'moments.sum_w') | indent(8) }}
        + wanted.number_factor * moments.sum_wy as sum_wyx,
        case
            when units.is_own_psu then
                {{ wavehouse.sum_of_slots('wanted.score', 'moments.sum_ww', squared=true) | indent(16) }}
                + wanted.number_factor * moments.sum_wwyy
        end as sum_wwyy,
        case
            when units.is_own_psu then
                {{ wavehouse.sum_of_slots('wanted.score', 'moments.sum_ww') | indent(16) }}
                + wanted.number_factor * moments.sum_wwy
        end as sum_wwyx,
        moments.sum_ww as sum_wwxx
    from {{ ref('int_moments__psu') }} as moments
    inner join wanted
        on
            {{ wavehouse._is_of_part('moments') | indent(12) }}
            and moments.variable_key = wanted.variable_key
            and moments.block_number = wanted.block_number
    {{ wavehouse._only_asked(cells, units, 'moments') | indent(4) }}
{%- endmacro %}


{% macro _rows_of_quantiles(cells, units) -%}
    {#- Of quantiles those count who are not above it; the denominator is that of the answers. -#}
    select
        wanted.part_key,
        wanted.score_key,
        numbers.segment_value_key,
        numbers.unit_key,
        false as is_of_one_row,
        0 as n_respondents,
        0 as sum_w,
        0 as sum_ww,
        0 as total_x,
        0 as sum_wxx,
        numbers.sum_w as total_y,
        numbers.sum_w as sum_wyy,
        numbers.sum_w as sum_wyx,
        numbers.sum_ww as sum_wwyy,
        numbers.sum_ww as sum_wwyx,
        0 as sum_wwxx
    from {{ ref('int_moments__psu_numbers') }} as numbers
    inner join wanted
        on
            {{ wavehouse._is_of_part('numbers') | indent(12) }}
            and numbers.variable_key = wanted.variable_key
            and wanted.is_of_quantiles
            and wanted.block_number = 1
    inner join {{ ref('int_design__parts') }} as parts
        on
            wanted.part_key = parts.part_key
            and parts.is_of_quantiles
    inner join {{ ref('int_moments__quantiles') }} as quantiles
        on
            parts.period_key = quantiles.period_key
            and wanted.score_key = quantiles.score_key
            and numbers.segment_value_key = quantiles.segment_value_key
            and numbers.answer_value <= quantiles.quantile_value
    {{ wavehouse._only_asked(cells, units, 'numbers') | indent(4) }}
{%- endmacro %}


{% macro _rows_of_values(cells, units) -%}
    {#- Numbers that were computed for each respondent. -#}
    select
        wanted.part_key,
        wanted.score_key,
        value_moments.segment_value_key,
        value_moments.unit_key,
        wanted.is_of_one_row and value_moments.moment_date is null as is_of_one_row,
        value_moments.n_respondents,
        value_moments.sum_w,
        value_moments.sum_ww,
        value_moments.sum_wx as total_x,
        value_moments.sum_wxx,
        value_moments.sum_wy as total_y,
        value_moments.sum_wyy,
        value_moments.sum_wyx,
        value_moments.sum_wwyy,
        value_moments.sum_wwyx,
        value_moments.sum_wwxx
    from {{ ref('int_moments__psu_values') }} as value_moments
    inner join wanted
        on
            {{ wavehouse._is_of_part('value_moments') | indent(12) }}
            and value_moments.score_key = wanted.score_key
            and wanted.variable_key is null
    {{ wavehouse._only_asked(cells, units, 'value_moments') | indent(4) }}
{%- endmacro %}


{% macro part_scores(part_waves) -%}
    {#- What the cells of each part are summed from. -#}
    select
        part_waves.part_key,
        part_waves.wave_key,
        part_waves.part_start,
        part_waves.part_end,
        scores.weight_key,
        scores.score_key,
        scores.is_of_quantiles,
        scores.variable_key,
        scores.block_number,
        part_waves.is_of_one_wave and scores.is_of_one_row as is_of_one_row,
        {% for slot in wavehouse.slots() -%}
        scores.score_{{ slot }},
        {% endfor -%}
        scores.number_factor
    from {{ part_waves }} as part_waves
    inner join {{ ref('int_moments__wave_scores') }} as scores
        on
            part_waves.wave_key = scores.wave_key
            and part_waves.weight_key = scores.weight_key
            and part_waves.is_of_quantiles = scores.is_of_quantiles
{%- endmacro %}


{% macro _is_of_part(moments) -%}
    {#- Where a model is computed by part, rows of other parts' waves are not read. -#}
    {{ wavehouse.of_these_units(['wave_key'], moments) }}
    and {{ moments }}.wave_key = wanted.wave_key
    and (
        wanted.part_end is null
        or {{ moments }}.moment_date between wanted.part_start and wanted.part_end
    )
{%- endmacro %}


{% macro part_waves_of(parts) -%}
    {#- The waves of the parts for which it is asked. -#}
    select part_waves.*
    from {{ ref('int_design__part_waves') }} as part_waves
    inner join (
        select distinct
            part_key,
            is_of_quantiles
        from {{ parts }}
    ) as asked
        on
            part_waves.part_key = asked.part_key
            and part_waves.is_of_quantiles = asked.is_of_quantiles
{%- endmacro %}


{% macro _only_asked(cells, units, moments) -%}
    {#- Only what is asked for, where not everything is. -#}
    inner join {{ units }} as units
        on
            {{ moments }}.unit_key = units.unit_key
            and wanted.weight_key = units.weight_key
    {%- if cells is not none %}
    inner join (
        select distinct
            part_key,
            score_key,
            segment_value_key
        from {{ cells }}
    ) as asked
        on
            wanted.part_key = asked.part_key
            and wanted.score_key = asked.score_key
            and {{ moments }}.segment_value_key = asked.segment_value_key
    {%- endif %}
{%- endmacro %}
