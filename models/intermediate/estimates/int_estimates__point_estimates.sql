/*
    Estimate and base of every cell in which somebody answered.
    1. `simple_random_variance` is that of a simple random sample of as many people, with replacement: the
       reference of the design effect (R's deff = "replace").
    2. A standardised estimate needs somebody in each group of the standard population.
    3. Of a quantile this is the share at or below it, from which its error is made.
*/
with

group_totals as (
    select * from {{ ref('int_estimates__group_totals') }}
),

coefficients as (
    select * from {{ ref('int_estimates__coefficients') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

population_shares as (
    select
        standard_population_id,
        count(*) as n_groups
    from {{ ref('stg_codebook__standard_population_shares') }}
    where population_share > 0
    group by standard_population_id
),

summed as (
    select
        group_totals.cell_key,
        group_totals.period_key,
        -- of quantiles, the only ones that need it, there is one
        min(group_totals.score_key) as score_key,
        group_totals.segment_value_key,
        group_totals.weight_key,
        group_totals.study_id,
        group_totals.wave_id,
        group_totals.period_grain,
        group_totals.period_start,
        group_totals.measure_id,
        group_totals.category_code,
        group_totals.segment_id,
        group_totals.segment_code,
        group_totals.measure_kind,
        coefficients.is_standardised,
        sum(
            case
                when coefficients.is_standardised
                    then coefficients.population_share * coefficients.ratio
                when group_totals.measure_kind = 'total'
                    then group_totals.total_y + coefficients.origin * group_totals.total_x
                else coefficients.ratio + coefficients.origin
            end
        ) as summed_estimate,
        -- a weighted mean lies within what it is made of
        case
            when group_totals.measure_kind <> 'total' and count(*) = count(coefficients.lowest)
                then min(coefficients.lowest)
        end as lowest,
        case
            when group_totals.measure_kind <> 'total' and count(*) = count(coefficients.highest)
                then max(coefficients.highest)
        end as highest,
        sum(case when coefficients.population_share > 0 then 1 else 0 end) as n_groups,
        cast(sum(group_totals.n_respondents) as bigint) as n_respondents,
        sum(group_totals.sum_w) as sum_of_weights,
        sum(group_totals.sum_ww) as sum_of_squared_weights,
        -- sum of w (y - R x) squared, of a total around its mean; of a standardised one with its weights
        case
            when coefficients.is_standardised
                then
                    sum(
                        coefficients.population_share
                        * group_totals.sum_wyy / group_totals.sum_w
                    ) - power(sum(coefficients.population_share * coefficients.ratio), 2)
            else sum(
                    (
                        group_totals.sum_wyy
                        - 2 * coefficients.ratio * group_totals.sum_wyx
                        + coefficients.ratio * coefficients.ratio * group_totals.sum_wxx
                    ) / group_totals.sum_w
                )
        end as mean_square,
        -- how large the numbers are that it is the difference of
        sum(
            case
                when coefficients.is_standardised
                    then coefficients.population_share * group_totals.sum_wyy
                else
                    group_totals.sum_wyy
                    + coefficients.ratio * coefficients.ratio * group_totals.sum_wxx
            end / group_totals.sum_w
        ) as mean_of_squares,
        case
            when coefficients.is_standardised then 1
            when group_totals.measure_kind = 'total' then sum(group_totals.sum_w)
            else sum(group_totals.sum_w) / nullif(sum(group_totals.total_x), 0)
        end as scale
    from group_totals
    inner join coefficients
        on
            group_totals.cell_key = coefficients.cell_key
            and group_totals.score_key = coefficients.score_key
    group by
        group_totals.cell_key,
        group_totals.period_key,
        group_totals.segment_value_key,
        group_totals.weight_key,
        group_totals.study_id,
        group_totals.wave_id,
        group_totals.period_grain,
        group_totals.period_start,
        group_totals.measure_id,
        group_totals.category_code,
        group_totals.segment_id,
        group_totals.segment_code,
        group_totals.measure_kind,
        coefficients.is_standardised
),

final as (
    select
        -- keys
        summed.cell_key,
        summed.period_key,
        summed.score_key,
        summed.segment_value_key,
        summed.weight_key,

        -- what they stand for
        summed.study_id,
        summed.wave_id,
        summed.period_grain,
        summed.period_start,
        summed.measure_id,
        summed.category_code,
        summed.segment_id,
        summed.segment_code,
        summed.measure_kind,

        -- estimate
        greatest(least(summed.summed_estimate, summed.highest), summed.lowest) as estimate,

        -- base
        summed.n_respondents,
        summed.sum_of_weights,
        summed.sum_of_squared_weights,
        -- what is left below their digits is rounding: nobody differs
        case
            when
                summed.n_respondents > 1
                and summed.mean_square < 1e-13 * summed.mean_of_squares
                then 0
            when summed.n_respondents > 1
                then summed.scale * summed.scale * summed.mean_square / (summed.n_respondents - 1.0)
        end as simple_random_variance
    from summed
    inner join measures
        on summed.measure_id = measures.measure_id
    left join population_shares
        on measures.standard_population_id = population_shares.standard_population_id
    where
        summed.summed_estimate is not null
        and (not summed.is_standardised or summed.n_groups = population_shares.n_groups)
)

select * from final
