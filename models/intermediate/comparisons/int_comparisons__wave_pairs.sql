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

undeclared as (
    select studies.study_id
    from studies
    left join declared
        on studies.study_id = declared.study_id
    where declared.study_id is null
),

comparisons as (
    select
        study_id,
        comparison_id,
        comparison_kind,
        base_wave_id
    from declared

    union all

    select
        study_id,
        'previous' as comparison_id,
        'previous' as comparison_kind,
        cast(null as {{ dbt.type_string() }}) as base_wave_id
    from undeclared

    union all

    select
        study_id,
        'first' as comparison_id,
        'first' as comparison_kind,
        cast(null as {{ dbt.type_string() }}) as base_wave_id
    from undeclared
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

paired as (
    select
        later.study_id,
        later.measure_id,
        earlier.wave_id as from_wave_id,
        later.wave_id as to_wave_id,
        earlier.wave_number as from_wave_number,
        later.wave_number as to_wave_number,
        earlier.asked_number as from_asked_number,
        later.asked_number as to_asked_number,
        {{ dbt.datediff(
            'earlier.wave_date', 'later.wave_date', 'day'
        ) }} as days_apart
    from numbered as later
    inner join numbered as earlier
        on
            later.study_id = earlier.study_id
            and later.measure_id = earlier.measure_id
            and later.wave_id <> earlier.wave_id
),

candidates as (
    select
        paired.study_id,
        paired.measure_id,
        comparisons.comparison_id,
        comparisons.comparison_kind,
        paired.from_wave_id,
        paired.to_wave_id,
        paired.from_wave_number,
        paired.to_wave_number,
        -- of several waves about a year earlier, the nearest to a year
        row_number() over (
            partition by
                paired.study_id,
                comparisons.comparison_id,
                paired.measure_id,
                paired.to_wave_id
            order by
                abs(paired.days_apart - 365),
                paired.from_wave_number desc
        ) as place
    from comparisons
    inner join paired
        on comparisons.study_id = paired.study_id
    where
        (
            comparisons.comparison_kind = 'previous'
            and paired.from_asked_number + 1 = paired.to_asked_number
        )
        or (
            comparisons.comparison_kind = 'first'
            and paired.from_asked_number = 1
        )
        or (
            comparisons.comparison_kind = 'base'
            and paired.from_wave_id = comparisons.base_wave_id
        )
        or (
            comparisons.comparison_kind = 'year_earlier'
            and paired.days_apart between 320 and 411
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

        -- what it is
        comparison_kind,

        -- order
        from_wave_number,
        to_wave_number,
        -- in the order of the comparison: that of b with a is not that of a with b
        from_wave_id || '+' || to_wave_id as wave_set_id
    from candidates
    where place = 1
)

select * from final
