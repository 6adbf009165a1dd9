-- depends_on: {{ ref('int_checks__problems') }}
/*
    Which waves are compared, per measure, for each comparison that the codebook declares (or, if it
    declares none for a study, with the previous and with the first): only waves that
    asked what the measure needs count.
*/
with

declared as (
    select * from {{ ref('stg_codebook__comparisons') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

measure_waves as (
    select * from {{ ref('int_measures__waves') }}
),

comparisons as (
    select
        study_id,
        comparison_id,
        comparison_kind,
        base_wave_id
    from declared

    {% for kind in ['previous', 'first'] -%}
    union all

    select
        studies.study_id,
        '{{ kind }}' as comparison_id,
        '{{ kind }}' as comparison_kind,
        cast(null as {{ dbt.type_string() }}) as base_wave_id
    from studies
    left join declared
        on studies.study_id = declared.study_id
    where declared.study_id is null
    {% if not loop.last %}
    {% endif %}
    {%- endfor %}
),

numbered as (
    select
        *,
        row_number() over (
            partition by study_id, measure_id
            order by wave_number
        ) as asked_number
    from measure_waves
),

candidates as (
    select
        comparisons.study_id,
        comparisons.comparison_id,
        later.measure_id,
        earlier.wave_id as from_wave_id,
        later.wave_id as to_wave_id,
        earlier.wave_number as from_wave_number,
        later.wave_number as to_wave_number,
        -- of several waves about a year earlier, the nearest to a year
        row_number() over (
            partition by
                comparisons.study_id,
                comparisons.comparison_id,
                later.measure_id,
                later.wave_id
            order by
                abs({{ dbt.datediff('earlier.wave_date', 'later.wave_date', 'day') }} - 365),
                earlier.wave_number desc
        ) as place
    from comparisons
    inner join numbered as later
        on comparisons.study_id = later.study_id
    inner join numbered as earlier
        on
            later.study_id = earlier.study_id
            and later.measure_id = earlier.measure_id
            and later.wave_id <> earlier.wave_id
    where
        (
            comparisons.comparison_kind = 'previous'
            and later.asked_number = earlier.asked_number + 1
        )
        or (
            comparisons.comparison_kind = 'first'
            and earlier.asked_number = 1
        )
        or (
            comparisons.comparison_kind = 'base'
            and comparisons.base_wave_id = earlier.wave_id
        )
        or (
            comparisons.comparison_kind = 'year_earlier'
            and {{ dbt.datediff('earlier.wave_date', 'later.wave_date', 'day') }}
            between 320 and 411
        )
),

final as (
    select
        -- keys
        study_id,
        measure_id,
        comparison_id as comparison,
        from_wave_id,
        to_wave_id,

        -- order
        from_wave_number,
        to_wave_number,
        {{ pair_id('from_wave_number', 'from_wave_id', 'to_wave_number', 'to_wave_id') | indent(8) }}
            as wave_set_id
    from candidates
    where place = 1
)

select * from final
