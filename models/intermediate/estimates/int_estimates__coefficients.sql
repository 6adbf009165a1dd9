/*
    An estimate as a function of its sums, linearised: what a unit of the numerator (`coefficient_y`) and one of
    the denominator (`coefficient_x`) add to it (docs: method, formulas 1 and 9).
    1. A ratio R = Y / X, and so a mean or a share, has 1 / X and -R / X.
    2. A total has 1 and, where numbers were summed from an origin, that origin.
    3. A standardised one is the sum of its groups' ratios, each times its share of the standard population.
    4. A share of exactly none or all is set to 0 or 1, so that rounding in the sums cannot give
       0.9999999999999999 on one engine and 1 on another. So is a mean, score or ratio kept within the numbers
       that it is made of: that of people who all said 5 is 5.
*/
with

group_totals as (
    select * from {{ ref('int_estimates__group_totals') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

ranges as (
    select * from {{ ref('int_estimates__ranges') }}
),

population_shares as (
    select * from {{ ref('stg_codebook__standard_population_shares') }}
),

weighted as (
    select
        group_totals.*,
        ranges.lowest,
        ranges.highest,
        coalesce(population_shares.population_share, 0) as population_share
    from group_totals
    inner join measures
        on group_totals.measure_id = measures.measure_id
    left join population_shares
        on
            measures.standard_population_id = population_shares.standard_population_id
            and group_totals.standard_code = population_shares.category_code
    left join ranges
        on
            group_totals.period_key = ranges.period_key
            and group_totals.score_key = ranges.score_key
            and group_totals.segment_value_key = ranges.segment_value_key
),

divided as (
    select
        *,
        {{ ratio_of_totals('measure_kind', 'total_y', 'total_x') | indent(8) }} as computed_ratio
    from weighted
),

bounded as (
    select
        *,
        case
            when measure_kind <> 'total' and lowest is not null and computed_ratio is not null
                then greatest(least(computed_ratio, highest - origin), lowest - origin)
            else computed_ratio
        end as ratio
    from divided
),

final as (
    select
        -- keys
        cell_key,
        period_key,
        denominator_key,
        score_key,
        segment_value_key,

        -- what they stand for
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        standard_code,
        denominator_code,
        measure_kind,
        is_standardised,
        population_share,
        origin,
        lowest,
        highest,

        -- of the group
        ratio,
        case
            when is_standardised then population_share / nullif(total_x, 0)
            when measure_kind = 'total' then 1
            else 1 / nullif(total_x, 0)
        end as coefficient_y,
        case
            when is_standardised then -population_share * ratio / nullif(total_x, 0)
            when measure_kind = 'total' then origin
            else -ratio / nullif(total_x, 0)
        end as coefficient_x
    from bounded
)

select * from final
