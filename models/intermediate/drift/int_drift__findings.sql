/*
    1. A finding is a statistic that reaches a threshold and, where it was tested, is significant. Of several
       thresholds it has the severest.
    2. A declared break says that the codebook knows of the change: the finding stays as a note that names it,
       unless the threshold says that a break is no excuse.
    3. What stops the build before any number is computed (int_checks__problems) is listed too, as hard, for
       those who build without tests.
    4. A waiver changes no severity; it says why the finding was accepted.
*/
with

waves as (
    select * from {{ ref('int_drift__waves') }}
),

questions as (
    select * from {{ ref('int_drift__questions') }}
),

labels as (
    select * from {{ ref('int_drift__labels') }}
),

distributions as (
    select * from {{ ref('int_drift__distributions') }}
),

problems as (
    select *
    from {{ ref('int_checks__problems') }}
    where
        study_id is not null
        and wave_id is not null
),

thresholds as (
    select * from {{ ref('stg_codebook__drift_thresholds') }}
),

waivers as (
    select * from {{ ref('stg_codebook__drift_waivers') }}
),

study_breaks as (
    select *
    from {{ ref('stg_codebook__breaks') }}
    where variable_id is null
),

variable_breaks as (
    select * from {{ ref('int_comparisons__variable_breaks') }}
),

statistics as (
    select
        study_id,
        wave_id,
        from_wave_id,
        drift_kind,
        statistic,
        subject,
        variable_id,
        value,
        p_value,
        is_significant,
        finding
    from distributions
    {% for part in ['waves', 'questions', 'labels'] %}
    union all

    select
        study_id,
        wave_id,
        from_wave_id,
        drift_kind,
        statistic,
        subject,
        variable_id,
        value,
        cast(null as {{ type_number() }}) as p_value,
        cast(null as boolean) as is_significant,
        finding
    from {{ part }}
    {% endfor %}
),

reached as (
    select
        statistics.*,
        thresholds.severity,
        thresholds.threshold,
        thresholds.breaks_explain,
        thresholds.remedy,
        row_number() over (
            partition by
                statistics.study_id,
                statistics.wave_id,
                statistics.drift_kind,
                statistics.statistic,
                statistics.subject
            order by case thresholds.severity when 'hard' then 1 when 'warning' then 2 else 3 end
        ) as severity_rank
    from statistics
    inner join thresholds
        on
            statistics.drift_kind = thresholds.drift_kind
            and statistics.statistic = thresholds.statistic
    where
        -- a threshold that is reached exactly must not depend on the last digit
        statistics.value >= thresholds.threshold - 1e-9
        and coalesce(statistics.is_significant, true)
),

breaks as (
    select
        study_id,
        wave_id,
        cast(null as {{ dbt.type_string() }}) as variable_id,
        break_id
    from study_breaks

    union all

    select
        study_id,
        wave_id,
        variable_id,
        break_id
    from variable_breaks
),

explanations as (
    select
        study_id,
        wave_id,
        variable_id,
        {{ joined_in_order('break_id', "', '", 'break_id') }} as break_ids
    from breaks
    group by
        study_id,
        wave_id,
        variable_id
),

explained as (
    select
        reached.study_id,
        reached.wave_id,
        reached.from_wave_id,
        reached.drift_kind,
        reached.statistic,
        reached.subject,
        reached.variable_id,
        case
            when reached.breaks_explain and explanations.break_ids is not null then 'note'
            else reached.severity
        end as severity,
        reached.value,
        reached.threshold,
        reached.p_value,
        case when reached.breaks_explain then explanations.break_ids end as break_ids,
        reached.finding || case
            when reached.breaks_explain and explanations.break_ids is not null
                then ' A break is declared here: ' || explanations.break_ids || '.'
            else ''
        end as finding,
        reached.remedy
    from reached
    left join explanations
        on
            reached.study_id = explanations.study_id
            and reached.wave_id = explanations.wave_id
            and coalesce(reached.variable_id, '') = coalesce(explanations.variable_id, '')
    where reached.severity_rank = 1
),

stopping as (
    select
        study_id,
        wave_id,
        cast(null as {{ dbt.type_string() }}) as from_wave_id,
        check_id as drift_kind,
        'rows' as statistic,
        coalesce(column_name, file_path)
        || case when source_code is null then '' else '=' || source_code end as subject,
        cast(null as {{ dbt.type_string() }}) as variable_id,
        'hard' as severity,
        cast(sum(n_rows) as {{ type_number() }}) as value,
        cast(null as {{ type_number() }}) as threshold,
        cast(null as {{ type_number() }}) as p_value,
        cast(null as {{ dbt.type_string() }}) as break_ids,
        min(problem) as finding,
        min(remedy) as remedy
    from problems
    group by
        study_id,
        wave_id,
        check_id,
        coalesce(column_name, file_path)
        || case when source_code is null then '' else '=' || source_code end
),

found as (
    select * from explained
    union all
    select * from stopping
),

judged as (
    select
        found.*,
        waivers.study_id is not null as is_waived,
        waivers.reason as waiver_reason
    from found
    left join waivers
        on
            found.study_id = waivers.study_id
            and found.wave_id = waivers.wave_id
            and found.drift_kind = waivers.drift_kind
            and found.subject = waivers.subject
),

unused as (
    select
        waivers.study_id,
        waivers.wave_id,
        cast(null as {{ dbt.type_string() }}) as from_wave_id,
        thresholds.drift_kind,
        thresholds.statistic,
        waivers.drift_kind || ' ' || waivers.subject as subject,
        cast(null as {{ dbt.type_string() }}) as variable_id,
        thresholds.severity,
        cast(1 as {{ type_number() }}) as value,
        thresholds.threshold,
        cast(null as {{ type_number() }}) as p_value,
        cast(null as {{ dbt.type_string() }}) as break_ids,
        'drift_waivers.csv waives ' || waivers.drift_kind || ' of ' || waivers.subject
        || ', which was not found.' as finding,
        thresholds.remedy,
        false as is_waived,
        cast(null as {{ dbt.type_string() }}) as waiver_reason
    from waivers
    inner join thresholds
        on thresholds.drift_kind = 'waiver_unused'
    left join found
        on
            waivers.study_id = found.study_id
            and waivers.wave_id = found.wave_id
            and waivers.drift_kind = found.drift_kind
            and waivers.subject = found.subject
    where found.study_id is null
),

final as (
    select * from judged
    union all
    select * from unused
)

select * from final
