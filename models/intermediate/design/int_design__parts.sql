/*
    The samples that a period consists of. Samples are independent, so sums over PSUs are made by part: the waves of one
    sample that belong to a period. Their variances are added.
    1. Periods with the same part share its sums. A pool of waves that have samples of their own is made of what
       was summed for each wave, and no PSU is touched again.
    2. Of a calendar period that cuts through a wave only the interviews between `part_start` and `part_end` count;
       a wave that lies within it as a whole is the part that it is anyhow.
    3. A quantile asks who is below it, which is another question in each period: there every period has parts of its
       own. Those of a wave serve both.
    4. `strata_period_key` names a period that has the part's strata: all periods of the part have the same.
    5. Each weight has parts of its own, of the waves that have it.
*/
with

period_waves as (
    select *
    from {{ ref('int_comparisons__period_waves') }}
    where period_grain <> 'wave_set'
),

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

interviews as (
    select
        study_id,
        wave_id,
        weight_id,
        weight_key,
        min(interview_date) as first_date,
        max(interview_date) as last_date,
        count(*) = count(interview_date) as is_dated
    from {{ ref('int_design__weighted_respondents') }}
    group by
        study_id,
        wave_id,
        weight_id,
        weight_key
),

placed as (
    select
        period_waves.period_key,
        period_waves.study_id,
        period_waves.wave_id,
        period_waves.period_grain,
        period_waves.period_start,
        period_waves.period_end,
        waves.sample_id,
        waves.wave_number,
        interviews.weight_id,
        interviews.weight_key,
        case
            when
                period_waves.period_end is null
                or (
                    interviews.is_dated
                    and interviews.first_date >= period_waves.period_start
                    and interviews.last_date <= period_waves.period_end
                )
                then 0
            else 1
        end as is_cut
    from period_waves
    inner join waves
        on
            period_waves.study_id = waves.study_id
            and period_waves.wave_id = waves.wave_id
    inner join interviews
        on
            period_waves.study_id = interviews.study_id
            and period_waves.wave_id = interviews.wave_id
),

described as (
    select
        period_key,
        study_id,
        sample_id,
        weight_id,
        weight_key,
        period_grain,
        {{ joined_in_order('wave_id', "'+'", 'wave_number') }} as wave_ids,
        case when max(is_cut) = 1 then period_start end as part_start,
        case when max(is_cut) = 1 then period_end end as part_end
    from placed
    group by
        period_key,
        study_id,
        sample_id,
        weight_id,
        weight_key,
        period_grain,
        period_start,
        period_end
),

keyed as (
    select
        *,
        {{ integer_key([
            'study_id',
            'sample_id',
            'weight_id',
            'wave_ids',
            "coalesce(cast(part_start as " ~ dbt.type_string() ~ "), '_Z')",
            "coalesce(cast(part_end as " ~ dbt.type_string() ~ "), '_Z')",
        ]) | indent(8) }} as shared_key,
        {{ integer_key(['period_key', 'sample_id', 'weight_id']) }} as own_key
    from described
),

united as (
    select
        period_key,
        study_id,
        sample_id,
        weight_id,
        weight_key,
        false as is_of_quantiles,
        shared_key as part_key,
        min(period_key) over (partition by shared_key) as strata_period_key,
        part_start,
        part_end
    from keyed

    union all

    select
        period_key,
        study_id,
        sample_id,
        weight_id,
        weight_key,
        true as is_of_quantiles,
        case when period_grain = 'wave' then shared_key else own_key end as part_key,
        case
            when period_grain = 'wave' then min(period_key) over (partition by shared_key)
            else period_key
        end as strata_period_key,
        part_start,
        part_end
    from keyed
),

final as (
    select
        -- keys
        period_key,
        part_key,
        is_of_quantiles,
        {{ integer_key(['study_id', 'sample_id', 'weight_id']) }} as sample_key,
        weight_key,
        study_id,
        sample_id,
        strata_period_key,

        -- of a part of a wave's fieldwork
        part_start,
        part_end
    from united
)

select * from final
