-- Who takes the ferry? By age group, with intervals.
select
    wave_label,
    segment_value_label as age_group,
    round(estimate, 3) as share_taking_the_ferry,
    round(ci_lower, 3) as ci_lower,
    round(ci_upper, 3) as ci_upper
from {{ ref('fct_trend_estimates') }}
where
    measure_id = 'takes_ferry_share'
    and category_code = 'yes'
    and segment_id = 'age_group'
order by segment_code, wave_date
