/*
    Tests of association as they may be shown.
    1. One row for each declared test in each wave of the studies that ever asked what it needs.
    2. A test needs the errors of all cells: none is made where that of a value of the segment is not known, because
       all of it lies in one PSU. The row then has its base, and says so.
    3. A test is suppressed where any estimate of its table is suppressed: it would tell something about it.
    4. p-values are adjusted within study x measure x segment, over the waves whose test is shown.
    5. Where the rule rounds bases, that of a test is the sum of rounded ones; statistic and degrees of freedom are left
       out, and p is rounded up.
*/
with

tests as (
    select * from {{ ref('stg_codebook__association_tests') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

frame as (
    select *
    from {{ ref('int_rules__expected_cells') }}
    where period_grain = 'wave'
),

judged as (
    select *
    from {{ ref('int_rules__judged_estimates') }}
    where period_grain = 'wave'
),

estimates as (
    select *
    from {{ ref('int_published__estimates') }}
    where period_grain = 'wave'
),

-- tables without an empty cell
full_tables as (
    select distinct
        study_id,
        wave_id,
        measure_id,
        segment_id
    from {{ ref('int_associations__cells') }}
),

statistics as (
    select * from {{ ref('int_associations__f_statistics') }}
),

p_values as (
    select * from {{ ref('int_associations__p_values') }}
),

studies as (
    select * from {{ ref('stg_codebook__studies') }}
),

tables as (
    select
        frame.study_id,
        frame.wave_id,
        frame.measure_id,
        frame.segment_id,
        min(case when frame.is_collected then 1 else 0 end) = 1 as is_collected,
        max(case when estimates.observation_status = 'Q' then 1 else 0 end) = 1 as is_suppressed,
        max(case when estimates.is_rounded then 1 else 0 end) = 1 as is_rounded,
        max(case when estimates.is_error_unknown then 1 else 0 end) = 1 as has_unknown_error,
        max(case when judged.needs_caution then 1 else 0 end) = 1 as needs_caution,
        case
            when max(case when estimates.confidentiality_status = 'A' then 1 else 0 end) = 1
                then 'A'
            when max(case when estimates.confidentiality_status = 'D' then 1 else 0 end) = 1
                then 'D'
            else 'F'
        end as confidentiality_status
    from frame
    inner join measures
        on frame.measure_id = measures.measure_id
    inner join tests
        on
            measures.declared_measure_id = tests.measure_id
            and frame.segment_id = tests.segment_id
    inner join estimates
        on
            frame.study_id = estimates.study_id
            and frame.wave_id = estimates.wave_id
            and frame.measure_id = estimates.measure_id
            and frame.category_code = estimates.category_code
            and frame.segment_id = estimates.segment_id
            and frame.segment_code = estimates.segment_code
    inner join judged
        on
            frame.study_id = judged.study_id
            and frame.wave_id = judged.wave_id
            and frame.measure_id = judged.measure_id
            and frame.category_code = judged.category_code
            and frame.segment_id = judged.segment_id
            and frame.segment_code = judged.segment_code
    group by
        frame.study_id,
        frame.wave_id,
        frame.measure_id,
        frame.segment_id
),

-- the base is the same for all categories
bases as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        cast(sum(n_respondents) as bigint) as n_respondents
    from (
        select distinct
            study_id,
            wave_id,
            measure_id,
            segment_id,
            segment_code,
            n_respondents
        from estimates
    ) as by_value
    group by
        study_id,
        wave_id,
        measure_id,
        segment_id
),

decided as (
    select
        tables.study_id,
        tables.wave_id,
        tables.measure_id,
        tables.segment_id,
        tables.is_collected,
        tables.is_suppressed,
        tables.has_unknown_error,
        tables.needs_caution,
        tables.is_rounded,
        tables.confidentiality_status,
        bases.n_respondents,
        statistics.f_statistic,
        statistics.numerator_df,
        statistics.denominator_df,
        p_values.p_value,
        studies.adjustment_method,
        studies.ci_level,
        tables.is_collected
        and not tables.is_suppressed
        and (
            statistics.f_statistic is not null
            or (full_tables.study_id is not null and tables.has_unknown_error)
        ) as is_shown,
        not tables.has_unknown_error as is_tested
    from tables
    inner join studies
        on tables.study_id = studies.study_id
    left join bases
        on
            tables.study_id = bases.study_id
            and tables.wave_id = bases.wave_id
            and tables.measure_id = bases.measure_id
            and tables.segment_id = bases.segment_id
    left join full_tables
        on
            tables.study_id = full_tables.study_id
            and tables.wave_id = full_tables.wave_id
            and tables.measure_id = full_tables.measure_id
            and tables.segment_id = full_tables.segment_id
    left join statistics
        on
            tables.study_id = statistics.study_id
            and tables.wave_id = statistics.wave_id
            and tables.measure_id = statistics.measure_id
            and tables.segment_id = statistics.segment_id
    left join p_values
        on
            statistics.f_statistic = p_values.f_statistic
            and statistics.numerator_df = p_values.numerator_df
            and statistics.denominator_df = p_values.denominator_df
),

shown as (
    select
        study_id,
        wave_id,
        measure_id,
        segment_id,
        case when is_shown then n_respondents end as n_respondents,
        case when is_shown and is_tested and not is_rounded then f_statistic end as f_statistic,
        case when is_shown and is_tested and not is_rounded then numerator_df end as numerator_df,
        case
            when is_shown and is_tested and not is_rounded then denominator_df
        end as denominator_df,
        case when is_shown and is_tested then p_value end as p_value,
        adjustment_method,
        ci_level,
        is_rounded,
        is_shown,
        {{ observation_status(
            cannot_exist='is_collected and not is_suppressed and not is_shown',
            not_collected='not is_collected',
            is_suppressed='is_suppressed',
            has_break='false',
            needs_caution='needs_caution or not is_tested'
        ) | indent(8) }} as observation_status,
        confidentiality_status
    from decided
),

adjusted as (
    {{ adjusted_in_families(
        'shown', 'study_id, measure_id, segment_id', 'wave_id'
    ) | indent(4) }}
),

final as (
    select
        -- keys
        study_id,
        wave_id,
        measure_id,
        segment_id,

        -- numbers, where they may be shown
        n_respondents,
        f_statistic,
        numerator_df,
        denominator_df,
        {{ rounded_p_value('p_value', 'is_rounded') | indent(8) }} as p_value,
        {{ rounded_p_value('p_value_adjusted', 'is_rounded') | indent(8) }} as p_value_adjusted,
        adjustment_method,
        p_value_adjusted < 1 - ci_level as is_significant,

        -- status
        observation_status,
        confidentiality_status,
        case observation_status
            when 'M' then 'A cell of its table is empty, or no cell has an error'
            when 'L' then 'The study did not ask or offer what it needs'
            when 'Q' then 'A cell of its table is suppressed'
            when 'U'
                then case
                        when p_value is null
                            then 'No test: the error of a cell of its table is not known'
                        else 'A cell of its table is of low reliability'
                    end
        end as status_reason,
        is_shown
    from adjusted
)

select * from final
