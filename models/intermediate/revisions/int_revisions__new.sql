/*
    Estimates that differ from those of the published release.
    1. A figure that differs by more than a billionth of itself is another one.
    2. A figure is told only where both releases show it, and the study suppresses nothing for confidentiality.
    3. An estimate that was not there before is no revision; one that is gone is, if it was shown.
*/
with

published as (
    select * from {{ ref('int_revisions__published_estimates') }}
),

built as (
    select * from {{ ref('int_revisions__built_estimates') }}
),

confidential as (
    select * from {{ ref('int_revisions__confidential_studies') }}
),

measures as (
    select * from {{ ref('int_measures__measures') }}
),

reasons as (
    select * from {{ ref('int_revisions__reasons') }}
),

period_waves as (
    select distinct
        study_id,
        period_grain,
        case
            when period_wave_id = '_Z' then cast(period_start as {{ dbt.type_string() }})
            else period_wave_id
        end as period_id,
        wave_id
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

compared as (
    select
        {{ cell_of('published') | indent(8) }},
        published.release as from_release,
        coalesce(built.variable_id, measures.variable_id) as variable_id,
        built.measure_label,
        built.category_label,
        built.segment_value_label,
        built.study_id is null as is_gone,
        published.estimate as from_estimate,
        built.estimate as to_estimate,
        published.standard_error as from_standard_error,
        built.standard_error as to_standard_error,
        published.n_respondents as from_n_respondents,
        built.n_respondents as to_n_respondents,
        published.observation_status as from_observation_status,
        built.observation_status as to_observation_status,
        confidential.study_id is null
        and published.estimate is not null
        and built.estimate is not null as is_told
    from published
    left join built
        on
            {{ is_same_cell('published', 'built') | indent(12) }}
    left join measures
        on published.measure_id = measures.measure_id
    left join confidential
        on published.study_id = confidential.study_id
),

judged as (
    select
        *,
        case
            when is_gone and from_estimate is not null then 'withdrawn'
            when is_gone then null
            when from_estimate is null and to_estimate is not null then 'shown'
            when from_estimate is not null and to_estimate is null then 'hidden'
            when
                {{ differs('from_estimate', 'to_estimate') }}
                or {{ differs('from_standard_error', 'to_standard_error') }}
                or coalesce(from_n_respondents, -1) <> coalesce(to_n_respondents, -1)
                then 'figure'
            when from_observation_status <> to_observation_status then 'status'
        end as revision_kind
    from compared
),

revised as (
    select *
    from judged
    where revision_kind is not null
),

-- a wave that is gone is in no period any more
revised_waves as (
    select distinct
        revised.study_id,
        revised.period_grain,
        revised.period_id,
        coalesce(period_waves.wave_id, revised.period_id) as wave_id
    from revised
    left join period_waves
        on
            revised.study_id = period_waves.study_id
            and revised.period_grain = period_waves.period_grain
            and revised.period_id = period_waves.period_id
),

explained as (
    select distinct
        {{ cell_of('revised') | indent(8) }},
        reasons.reason
    from revised
    inner join revised_waves
        on
            revised.study_id = revised_waves.study_id
            and revised.period_grain = revised_waves.period_grain
            and revised.period_id = revised_waves.period_id
    inner join reasons
        on
            revised_waves.study_id = reasons.study_id
            and revised_waves.wave_id = reasons.wave_id
            and case reasons.subject_kind
                when 'wave' then revised_waves.wave_id
                when 'measure' then revised.measure_id
                when 'segment' then revised.segment_id
                when 'variable' then revised.variable_id
            end = reasons.subject_id
    where
        reasons.reason <> 'break'
        or revised.from_observation_status <> revised.to_observation_status
),

grouped as (
    select
        {{ cell_columns() | join(',\n        ') }},
        {{ joined_in_order('reason', "', '", 'reason') }} as reason
    from explained
    group by
        {{ cell_columns() | join(',\n        ') }}
),

other_method as (
    select count(*) > 0 as is_other
    from reasons
    where reason = 'method'
),

final as (
    select
        -- keys
        revised.from_release,
        {{ cell_of('revised') | indent(8) }},

        -- labels
        revised.measure_label,
        revised.variable_id,
        revised.category_label,
        revised.segment_value_label,

        -- what happened, and why
        revised.revision_kind,
        case
            when other_method.is_other and grouped.reason is not null
                then grouped.reason || ', method'
            when other_method.is_other then 'method'
            else coalesce(grouped.reason, 'other')
        end as reason,

        -- numbers, where they may be told
        {%- for column in ['estimate', 'standard_error', 'n_respondents'] %}
        case when revised.is_told then revised.from_{{ column }} end as from_{{ column }},
        case when revised.is_told then revised.to_{{ column }} end as to_{{ column }},
        {%- endfor %}

        -- status
        revised.from_observation_status,
        revised.to_observation_status
    from revised
    cross join other_method
    left join grouped
        on
            {{ is_same_cell('revised', 'grouped') | indent(12) }}
)

select * from final
