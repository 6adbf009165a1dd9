/*
    What the publication rule says of each cell that was asked for.
    1. Criteria are looked at by position, and those after the first `accept` of their purpose that is met are not:
       that a figure is reliable does not say that it may be shown.
    2. A statistic that is not known meets the criteria that say so (holds_if_unknown). A cell without respondents
       has the base 0; everything else of it is not known.
    3. The reason of a hidden cell is the text of the first criterion that hides it, those of confidentiality before
       those of reliability, without a number. If that text would tell the number (a share of 0 or 1), it only
       names the rule's work. Where bases are rounded, no reason has a number.
*/
with

frame as (
    select * from {{ ref('int_rules__expected_cells') }}
),

statistics as (
    select * from {{ ref('int_estimates__estimates') }}
),

intervals as (
    select * from {{ ref('int_estimates__intervals') }}
),

effective_bases as (
    select * from {{ ref('int_estimates__effective_bases') }}
),

domain_degrees as (
    select * from {{ ref('int_estimates__domain_degrees') }}
),

rules as (
    select * from {{ ref('int_measures__publication_rules') }}
),

criteria as (
    select * from {{ ref('stg_codebook__publication_criteria') }}
),

rounding_rules as (
    select publication_rule_id
    from {{ ref('stg_codebook__publication_rules') }}
    where base_rounding is not null
),

cells as (
    select
        frame.study_id,
        frame.wave_id,
        frame.period_grain,
        frame.period_start,
        frame.measure_id,
        frame.category_code,
        frame.segment_id,
        frame.segment_code,
        rules.publication_rule_id,
        case when rules.is_share then 'shares' else 'others' end as measure_group,
        coalesce(statistics.n_respondents, 0) as n_respondents,
        statistics.n_effective,
        effective_bases.korn_graubard_capped_n as korn_graubard_n,
        statistics.degrees_of_freedom,
        coalesce(
            domain_degrees.domain_degrees_of_freedom, statistics.degrees_of_freedom
        ) as domain_degrees_of_freedom,
        intervals.ci_upper - intervals.ci_lower as ci_width,
        abs(statistics.estimate) as absolute_estimate,
        case when rules.is_share then 1 - statistics.estimate end as complement,
        statistics.coefficient_of_variation
    from frame
    inner join rules
        on
            frame.study_id = rules.study_id
            and frame.measure_id = rules.measure_id
    left join statistics
        on
            frame.study_id = statistics.study_id
            and frame.wave_id = statistics.wave_id
            and frame.period_grain = statistics.period_grain
            and frame.period_start = statistics.period_start
            and frame.measure_id = statistics.measure_id
            and frame.category_code = statistics.category_code
            and frame.segment_id = statistics.segment_id
            and frame.segment_code = statistics.segment_code
    left join intervals
        on
            frame.study_id = intervals.study_id
            and frame.wave_id = intervals.wave_id
            and frame.period_grain = intervals.period_grain
            and frame.period_start = intervals.period_start
            and frame.measure_id = intervals.measure_id
            and frame.category_code = intervals.category_code
            and frame.segment_id = intervals.segment_id
            and frame.segment_code = intervals.segment_code
    left join effective_bases
        on
            frame.study_id = effective_bases.study_id
            and frame.wave_id = effective_bases.wave_id
            and frame.period_grain = effective_bases.period_grain
            and frame.period_start = effective_bases.period_start
            and frame.measure_id = effective_bases.measure_id
            and frame.category_code = effective_bases.category_code
            and frame.segment_id = effective_bases.segment_id
            and frame.segment_code = effective_bases.segment_code
    left join domain_degrees
        on
            frame.study_id = domain_degrees.study_id
            and frame.wave_id = domain_degrees.wave_id
            and frame.period_grain = domain_degrees.period_grain
            and frame.period_start = domain_degrees.period_start
            and frame.measure_id = domain_degrees.measure_id
            and frame.category_code = domain_degrees.category_code
            and frame.segment_id = domain_degrees.segment_id
            and frame.segment_code = domain_degrees.segment_code
    where frame.is_collected
),

measured as (
    select
        cells.*,
        criteria.position,
        criteria.statistic,
        criteria.comparison,
        criteria.threshold,
        criteria.holds_if_unknown,
        criteria.consequence,
        criteria.purpose,
        criteria.reason,
        cast(
            case criteria.statistic
                when 'n_respondents' then cells.n_respondents
                when 'n_effective' then cells.n_effective
                when 'korn_graubard_n' then cells.korn_graubard_n
                when 'degrees_of_freedom' then cells.degrees_of_freedom
                when 'domain_degrees_of_freedom' then cells.domain_degrees_of_freedom
                when 'ci_width' then cells.ci_width
                when 'ci_half_width' then cells.ci_width / 2
                when 'relative_ci_width' then cells.ci_width / nullif(cells.absolute_estimate, 0)
                when 'relative_ci_width_of_complement'
                    then cells.ci_width / nullif(cells.complement, 0)
                when 'coefficient_of_variation' then cells.coefficient_of_variation
                when 'share_or_complement' then least(1 - cells.complement, cells.complement)
            end as {{ type_number() }}
        ) as statistic_value
    from cells
    inner join criteria
        on
            cells.publication_rule_id = criteria.publication_rule_id
            and criteria.applies_to in ('all', cells.measure_group)
),

met as (
    select
        *,
        min(case when consequence = 'accept' then position end) over (
            partition by
                study_id, wave_id, period_grain, period_start, measure_id, category_code,
                segment_id, segment_code, purpose
        ) as accepted_at
    from measured
    where
        case
            when statistic_value is null then holds_if_unknown
            when comparison = 'below' then statistic_value < threshold
            when comparison = 'at_most' then statistic_value <= threshold
            when comparison = 'at_least' then statistic_value >= threshold
            else statistic_value > threshold
        end
),

applied as (
    select
        *,
        case
            when
                publication_rule_id in (
                    select rounding_rules.publication_rule_id from rounding_rules
                )
                then ''
            when statistic_value is null then ' (not known)'
            when statistic in ('n_respondents', 'degrees_of_freedom', 'domain_degrees_of_freedom')
                then ' (' || cast(cast(statistic_value as bigint) as {{ dbt.type_string() }}) || ')'
            -- beyond that it says nothing, and would not fit
            when statistic_value < 1e9
                then
                    ' (' || cast(
                        cast(statistic_value as numeric(18, 3)) as {{ dbt.type_string() }}
                    ) || ')'
            else ''
        end as number_text
    from met
    where
        consequence <> 'accept'
        and (accepted_at is null or position < accepted_at)
),

summed as (
    select
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code,
        coalesce(
            min(
                case
                    when consequence = 'suppress' and purpose = 'confidentiality' then position
                end
            ),
            min(case when consequence = 'suppress' then position end)
        ) as suppressed_at,
        max(case when consequence in ('caution', 'review') then 1 else 0 end) as n_marks,
        {{ dbt.listagg('reason || number_text', "'; '", 'order by position') }} as marks
    from applied
    group by
        study_id,
        wave_id,
        period_grain,
        period_start,
        measure_id,
        category_code,
        segment_id,
        segment_code
),

final as (
    select
        -- keys
        summed.study_id,
        summed.wave_id,
        summed.period_grain,
        summed.period_start,
        summed.measure_id,
        summed.category_code,
        summed.segment_id,
        summed.segment_code,

        -- what follows
        summed.suppressed_at is not null as is_suppressed,
        coalesce(criteria.purpose = 'confidentiality', false) as is_confidential,
        summed.n_marks > 0 as needs_caution,
        case
            when summed.suppressed_at is null then summed.marks
            when criteria.statistic = 'share_or_complement' then 'Hidden by the publication rule'
            else criteria.reason
        end as status_reason
    from summed
    inner join rules
        on
            summed.study_id = rules.study_id
            and summed.measure_id = rules.measure_id
    left join criteria
        on
            rules.publication_rule_id = criteria.publication_rule_id
            and summed.suppressed_at = criteria.position
)

select * from final
