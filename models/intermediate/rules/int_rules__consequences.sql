/*
    What the publication rule says of each cell that was asked for.
    1. Criteria are looked at by position, and those after the first `accept` of their purpose that is met are not:
       that a figure is reliable does not say that it may be shown.
    2. A statistic that is not known meets the criteria that say so (holds_if_unknown). A cell without respondents
       has the base 0; everything else of it is not known.
    3. The reason of a suppressed cell is the text of the first criterion that suppresses it, those of confidentiality before
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
        frame.cell_key,
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
        on frame.cell_key = statistics.cell_key
    left join intervals
        on frame.cell_key = intervals.cell_key
    left join effective_bases
        on frame.cell_key = effective_bases.cell_key
    left join domain_degrees
        on frame.cell_key = domain_degrees.cell_key
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
            partition by cell_key, purpose
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
        cell_key,
        publication_rule_id,
        coalesce(
            min(
                case
                    when consequence = 'suppress' and purpose = 'confidentiality' then position
                end
            ),
            min(case when consequence = 'suppress' then position end)
        ) as suppressed_at,
        max(case when consequence in ('caution', 'review') then 1 else 0 end) as n_marks,
        {{ joined_in_order('reason || number_text', "'; '", 'position') }} as marks
    from applied
    group by
        cell_key,
        publication_rule_id
),

final as (
    select
        -- keys
        summed.cell_key,

        -- what follows
        summed.suppressed_at is not null as is_suppressed,
        coalesce(criteria.purpose = 'confidentiality', false) as is_confidential,
        summed.n_marks > 0 as needs_caution,
        case
            when summed.suppressed_at is null then summed.marks
            when criteria.statistic = 'share_or_complement'
                then 'Suppressed by the publication rule'
            else criteria.reason
        end as status_reason
    from summed
    left join criteria
        on
            summed.publication_rule_id = criteria.publication_rule_id
            and summed.suppressed_at = criteria.position
)

select * from final
