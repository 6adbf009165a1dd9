-- Where do two studies with the same measure differ most, of all respondents? Their samples are independent.
with

one as (
    select * from {{ ref('fct_trend_estimates') }}
),

other as (
    select * from {{ ref('fct_trend_estimates') }}
),

final as (
    select
        one.measure_id,
        one.category_code,
        one.study_id,
        one.wave_label,
        other.study_id as other_study_id,
        other.wave_label as other_wave_label,
        -- what is left of rounding is no difference
        case
            when {{ differs('one.estimate', 'other.estimate') }} then one.estimate - other.estimate
            else 0
        end as difference,
        sqrt(
            one.standard_error * one.standard_error + other.standard_error * other.standard_error
        ) as error_of_difference
    from one
    inner join other
        on
            one.measure_id = other.measure_id
            and one.category_code = other.category_code
            and one.segment_id = other.segment_id
            and one.segment_code = other.segment_code
            and one.study_id < other.study_id
    where
        one.segment_id = 'total'
        and one.estimate is not null
        and other.estimate is not null
)

select * from final
order by
    abs(difference / nullif(error_of_difference, 0)) desc nulls last,
    measure_id asc,
    category_code asc,
    study_id asc,
    wave_label asc,
    other_study_id asc,
    other_wave_label asc
