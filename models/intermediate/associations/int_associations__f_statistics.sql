/*
    F statistic of each test and its degrees of freedom.
    1. Pearson's X2 per respondent over the trace of Delta per respondent: the number of respondents cancels.
    2. (trace)^2 / trace of the square says how many cells the table's variation amounts to (Satterthwaite).
    3. No test where the design gives no error, or no degrees of freedom.
*/
with

cells as (
    select * from {{ ref('int_associations__cells') }}
),

covariances as (
    select * from {{ ref('int_associations__covariances') }}
),

periods as (
    select *
    from {{ ref('int_design__periods') }}
    where period_grain = 'wave'
),

weights as (
    select * from {{ ref('int_measures__weights') }}
),

chi_squares as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        sum(
            power(cell_share - category_share * segment_share, 2) / (category_share * segment_share)
        ) as chi_square
    from cells
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id
),

traces as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        sum(case when is_diagonal then covariance else 0 end) as trace,
        sum(case when is_diagonal then size_of_terms else 0 end) as size_of_terms,
        sum(covariance * covariance) as trace_of_square
    from (
        select
            *,
            category_code = other_category_code and segment_code = other_segment_code as is_diagonal
        from covariances
    ) as marked
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id
),

tested as (
    select
        chi_squares.study_id,
        chi_squares.wave_id,
        chi_squares.measure_id,
        chi_squares.segment_id,
        chi_squares.chi_square / traces.trace as f_statistic,
        traces.trace * traces.trace / traces.trace_of_square as numerator_df,
        periods.degrees_of_freedom
    from chi_squares
    inner join traces
        on
            chi_squares.study_id = traces.study_id
            and chi_squares.wave_id = traces.wave_id
            and chi_squares.measure_id = traces.measure_id
            and chi_squares.segment_id = traces.segment_id
    inner join weights
        on
            chi_squares.study_id = weights.study_id
            and chi_squares.measure_id = weights.measure_id
    inner join periods
        on
            chi_squares.study_id = periods.study_id
            and chi_squares.wave_id = periods.wave_id
            and weights.weight_key = periods.weight_key
    -- less is rounding
    where
        traces.trace > 1e-13 * traces.size_of_terms
        and periods.degrees_of_freedom > 0
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,
        segment_id,

        f_statistic,
        numerator_df,
        numerator_df * degrees_of_freedom as denominator_df
    from tested
)

select * from final
