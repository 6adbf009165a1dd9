{% macro psu_bases(part_waves, cells=none) -%}
    {#-
        Denominators by part and PSU: everybody of the cell with a valid answer, from waves that offered what is
        estimated. Categories with the same denominator share its rows. Waves of one part are summed here, so
        that a PSU that several of them share is one PSU. sum_wwxx is for PSUs of one respondent each.
    -#}
    select
        part_key,
        denominator_key,
        segment_value_key,
        unit_key,
        sum(n_respondents) as n_respondents,
        sum(sum_w) as sum_w,
        sum(sum_ww) as sum_ww,
        sum(sum_wx) as total_x,
        sum(sum_wxx) as sum_wxx,
        sum(sum_wwxx) as sum_wwxx
    from (
        select
            wanted.part_key,
            wanted.denominator_key,
            moments.segment_value_key,
            moments.unit_key,
            moments.n_respondents,
            moments.sum_w,
            moments.sum_ww,
            moments.sum_w as sum_wx,
            moments.sum_w as sum_wxx,
            moments.sum_ww as sum_wwxx
        from {{ ref('int_moments__psu') }} as moments
        inner join ({{ part_denominators(part_waves) | indent(8) }}) as wanted
            on
                {{ is_of_part('moments', 'wanted') | indent(16) }}
                and moments.variable_key = wanted.variable_key
        {{ of_cells(cells, 'moments', 'denominator_key') }}

        union all

        select
            wanted.part_key,
            wanted.denominator_key,
            value_moments.segment_value_key,
            value_moments.unit_key,
            value_moments.n_respondents,
            value_moments.sum_w,
            value_moments.sum_ww,
            value_moments.sum_wx,
            value_moments.sum_wxx,
            value_moments.sum_wwxx
        from {{ ref('int_moments__psu_values') }} as value_moments
        inner join ({{ part_denominators(part_waves) | indent(8) }}) as wanted
            on
                {{ is_of_part('value_moments', 'wanted') | indent(16) }}
                and value_moments.score_key = wanted.value_score_key
        {{ of_cells(cells, 'value_moments', 'denominator_key') }}
    ) as united
    group by
        part_key,
        denominator_key,
        segment_value_key,
        unit_key
{%- endmacro %}


{% macro psu_scores(part_waves, cells=none) -%}
    {#-
        Numerators by part and PSU, from waves that offered what is estimated; of quantiles those who are not above
        it. A PSU in which nobody scores has no row. sum_wwyy and sum_wwyx are for PSUs of one respondent each.
    -#}
    select
        part_key,
        score_key,
        segment_value_key,
        unit_key,
        sum(sum_wy) as total_y,
        sum(sum_wyy) as sum_wyy,
        sum(sum_wyx) as sum_wyx,
        sum(sum_wwyy) as sum_wwyy,
        sum(sum_wwyx) as sum_wwyx
    from (
        select
            wanted.part_key,
            wanted.score_key,
            moments.segment_value_key,
            moments.unit_key,
            coalesce(wanted.score * moments.sum_w, moments.sum_wy) as sum_wy,
            coalesce(wanted.score * wanted.score * moments.sum_w, moments.sum_wyy) as sum_wyy,
            coalesce(wanted.score * moments.sum_w, moments.sum_wy) as sum_wyx,
            coalesce(wanted.score * wanted.score * moments.sum_ww, moments.sum_wwyy) as sum_wwyy,
            coalesce(wanted.score * moments.sum_ww, moments.sum_wwy) as sum_wwyx
        from {{ ref('int_moments__psu') }} as moments
        inner join ({{ part_scores(part_waves) | indent(8) }}) as wanted
            on
                {{ is_of_part('moments', 'wanted') | indent(16) }}
                and moments.variable_key = wanted.variable_key
                and moments.category_code = wanted.answer_code
        {{ of_cells(cells, 'moments', 'score_key') }}

        union all

        select
            wanted.part_key,
            wanted.score_key,
            value_moments.segment_value_key,
            value_moments.unit_key,
            value_moments.sum_wy,
            value_moments.sum_wyy,
            value_moments.sum_wyx,
            value_moments.sum_wwyy,
            value_moments.sum_wwyx
        from {{ ref('int_moments__psu_values') }} as value_moments
        inner join ({{ part_scores(part_waves) | indent(8) }}) as wanted
            on
                {{ is_of_part('value_moments', 'wanted') | indent(16) }}
                and value_moments.score_key = wanted.score_key
        {{ of_cells(cells, 'value_moments', 'score_key') }}
        where value_moments.sum_wyy > 0

        union all

        select
            wanted.part_key,
            wanted.score_key,
            moments.segment_value_key,
            moments.unit_key,
            moments.sum_w as sum_wy,
            moments.sum_w as sum_wyy,
            moments.sum_w as sum_wyx,
            moments.sum_ww as sum_wwyy,
            moments.sum_ww as sum_wwyx
        from {{ ref('int_moments__psu') }} as moments
        inner join ({{ part_quantiles(part_waves) | indent(8) }}) as wanted
            on
                {{ is_of_part('moments', 'wanted') | indent(16) }}
                and moments.variable_key = wanted.variable_key
                and moments.segment_value_key = wanted.segment_value_key
                and moments.answer_value <= wanted.quantile_value
        {{ of_cells(cells, 'moments', 'score_key') }}
    ) as united
    group by
        part_key,
        score_key,
        segment_value_key,
        unit_key
{%- endmacro %}


{% macro part_denominators(part_waves) -%}
    {#- What the denominators of each part are summed from. -#}
    select
        part_waves.part_key,
        part_waves.wave_key,
        part_waves.wave_batch_number,
        part_waves.part_start,
        part_waves.part_end,
        denominators.denominator_key,
        denominators.variable_key,
        denominators.value_score_key
    from {{ part_waves }} as part_waves
    inner join {{ ref('int_moments__wave_denominators') }} as denominators
        on
            part_waves.wave_key = denominators.wave_key
            and part_waves.is_of_quantiles = denominators.is_of_quantiles
{%- endmacro %}


{% macro part_scores(part_waves) -%}
    {#- What the numerators of each part are summed from. -#}
    select
        part_waves.part_key,
        part_waves.wave_key,
        part_waves.wave_batch_number,
        part_waves.part_start,
        part_waves.part_end,
        scores.score_key,
        scores.variable_key,
        scores.answer_code,
        scores.score
    from {{ part_waves }} as part_waves
    inner join {{ ref('int_moments__wave_scores') }} as scores
        on part_waves.wave_key = scores.wave_key
    where not part_waves.is_of_quantiles
{%- endmacro %}


{% macro part_quantiles(part_waves) -%}
    {#- Below which value people count, in each part of each period and cell. -#}
    select
        part_waves.part_key,
        part_waves.wave_key,
        part_waves.wave_batch_number,
        part_waves.part_start,
        part_waves.part_end,
        quantiles.score_key,
        quantiles.segment_value_key,
        quantiles.variable_key,
        quantiles.quantile_value
    from {{ part_waves }} as part_waves
    inner join {{ ref('int_design__parts') }} as parts
        on
            part_waves.part_key = parts.part_key
            and parts.is_of_quantiles
    inner join {{ ref('int_moments__quantiles') }} as quantiles
        on parts.period_key = quantiles.period_key
    where part_waves.is_of_quantiles
{%- endmacro %}


{% macro is_of_part(moments, part) -%}
    {#- Batches are compared too, since rows lie in their order, so that those of others are not read. -#}
    {{ moments }}.batch_number = {{ part }}.wave_batch_number
    and {{ moments }}.wave_key = {{ part }}.wave_key
    and (
        {{ part }}.part_end is null
        or {{ moments }}.moment_date between {{ part }}.part_start and {{ part }}.part_end
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


{% macro of_cells(cells, moments, key) -%}
    {#- Only what is asked for, where not everything is. -#}
    {%- if cells is not none -%}
        inner join (
            select distinct
                part_key,
                {{ key }},
                segment_value_key
            from {{ cells }}
        ) as asked
            on
                wanted.part_key = asked.part_key
                and wanted.{{ key }} = asked.{{ key }}
                and {{ moments }}.segment_value_key = asked.segment_value_key
    {%- endif -%}
{%- endmacro %}
