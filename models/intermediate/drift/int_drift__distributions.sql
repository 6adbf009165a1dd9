/*
    Shares and means of the whole sample against the wave before that asked.
    1. Errors and p-values are those of the published changes: they follow the design and the covariance of the
       waves, and are adjusted for the number of changes. The p-value of a distribution is the smallest of its
       categories.
    2. Only what is published is looked at, so that no finding tells what is suppressed.
    3. A category that only one of the waves offered is not collected in the other, which is no shift and no
       category that appeared: int_drift__questions names it, and the distribution is not compared.
    4. Standardised measures and those across a hard break are left out: the codebook says already that these
       waves are not to be compared.
*/
with

measures as (
    select *
    from {{ ref('int_measures__measures') }}
    where
        measure_kind in ('share', 'mean')
        and standard_population_id is null
),

measure_waves as (
    select
        study_id,
        measure_id,
        wave_id,
        lag(wave_id) over (
            partition by study_id, measure_id
            order by wave_number
        ) as from_wave_id
    from {{ ref('int_measures__waves') }}
),

offered as (
    select * from {{ ref('int_measures__offered') }}
),

changes as (
    select *
    from {{ ref('int_contrasts__published_changes') }}
    where segment_id = 'total'
),

estimates as (
    select *
    from {{ ref('int_published__estimates') }}
    where
        period_grain = 'wave'
        and segment_id = 'total'
        and is_shown
),

points as (
    select
        study_id,
        wave_id,
        measure_id,
        simple_random_variance * n_respondents as answer_variance
    from {{ ref('int_estimates__point_estimates') }}
    where
        period_grain = 'wave'
        and segment_id = 'total'
        and measure_kind = 'mean'
),

-- The same pair of waves may be compared under several names.
ranked as (
    select
        changes.study_id,
        changes.to_wave_id as wave_id,
        changes.from_wave_id,
        changes.measure_id,
        measures.measure_kind,
        measures.variable_id,
        changes.category_code,
        changes.change,
        changes.p_value_adjusted,
        changes.is_significant,
        row_number() over (
            partition by
                changes.study_id,
                changes.to_wave_id,
                changes.measure_id,
                changes.category_code
            order by case when changes.comparison = 'previous' then 0 else 1 end, changes.comparison
        ) as place
    from changes
    inner join measures
        on changes.measure_id = measures.measure_id
    inner join measure_waves
        on
            changes.study_id = measure_waves.study_id
            and changes.measure_id = measure_waves.measure_id
            and changes.to_wave_id = measure_waves.wave_id
            and changes.from_wave_id = measure_waves.from_wave_id
    left join offered as offered_now
        on
            changes.study_id = offered_now.study_id
            and changes.to_wave_id = offered_now.wave_id
            and changes.measure_id = offered_now.measure_id
            and changes.category_code = offered_now.category_code
    left join offered as offered_before
        on
            changes.study_id = offered_before.study_id
            and changes.from_wave_id = offered_before.wave_id
            and changes.measure_id = offered_before.measure_id
            and changes.category_code = offered_before.category_code
    -- what neither wave offered is in no distribution
    where coalesce(offered_now.category_code, offered_before.category_code) is not null
),

compared as (
    select * from ranked
    where place = 1
),

distances as (
    select
        study_id,
        wave_id,
        from_wave_id,
        measure_id,
        variable_id,
        sum(abs(change)) / 2 as total_variation,
        min(p_value_adjusted) as p_value,
        max(case when is_significant then 1 else 0 end) = 1 as is_significant
    from compared
    where measure_kind = 'share'
    group by
        study_id,
        wave_id,
        from_wave_id,
        measure_id,
        variable_id
    having count(change) = count(*)
),

largest as (
    select
        *,
        row_number() over (
            partition by study_id, wave_id, measure_id
            -- what differs by rounding only is equally large
            order by cast(abs(change) as decimal(30, 12)) desc, category_code
        ) as size_rank
    from compared
    where change is not null
),

shifted_shares as (
    select
        distances.study_id,
        distances.wave_id,
        distances.from_wave_id,
        'distribution_shifted' as drift_kind,
        'total_variation' as statistic,
        distances.measure_id as subject,
        distances.variable_id,
        distances.total_variation as value,
        distances.p_value,
        distances.is_significant,
        {{ percent_text('distances.total_variation') }}
        || ' of the answers would have to change to make it the distribution of the wave before;'
        || ' most of it is ' || largest.category_code || ', which went from '
        || {{ percent_text('earlier.estimate') }}
        || ' to ' || {{ percent_text('later.estimate') }} || '.' as finding
    from distances
    inner join largest
        on
            distances.study_id = largest.study_id
            and distances.wave_id = largest.wave_id
            and distances.measure_id = largest.measure_id
            and largest.size_rank = 1
    inner join estimates as later
        on
            largest.study_id = later.study_id
            and largest.wave_id = later.wave_id
            and largest.measure_id = later.measure_id
            and largest.category_code = later.category_code
    inner join estimates as earlier
        on
            largest.study_id = earlier.study_id
            and largest.from_wave_id = earlier.wave_id
            and largest.measure_id = earlier.measure_id
            and largest.category_code = earlier.category_code
),

shifted_means as (
    select
        compared.study_id,
        compared.wave_id,
        compared.from_wave_id,
        'distribution_shifted' as drift_kind,
        'standardised_difference' as statistic,
        compared.measure_id as subject,
        compared.variable_id,
        abs(compared.change)
        / nullif(
            sqrt((later_point.answer_variance + earlier_point.answer_variance) / 2), 0
        ) as value,
        compared.p_value_adjusted as p_value,
        coalesce(compared.is_significant, false) as is_significant,
        'The mean went from ' || {{ number_text('earlier.estimate') }} || ' to '
        || {{ number_text('later.estimate') }} || '.' as finding
    from compared
    inner join points as later_point
        on
            compared.study_id = later_point.study_id
            and compared.wave_id = later_point.wave_id
            and compared.measure_id = later_point.measure_id
    inner join points as earlier_point
        on
            compared.study_id = earlier_point.study_id
            and compared.from_wave_id = earlier_point.wave_id
            and compared.measure_id = earlier_point.measure_id
    inner join estimates as later
        on
            compared.study_id = later.study_id
            and compared.wave_id = later.wave_id
            and compared.measure_id = later.measure_id
    inner join estimates as earlier
        on
            compared.study_id = earlier.study_id
            and compared.from_wave_id = earlier.wave_id
            and compared.measure_id = earlier.measure_id
    where compared.measure_kind = 'mean'
),

category_shares as (
    select
        compared.study_id,
        compared.wave_id,
        compared.from_wave_id,
        compared.measure_id,
        compared.variable_id,
        compared.category_code,
        later.estimate,
        earlier.estimate as from_estimate
    from compared
    inner join estimates as later
        on
            compared.study_id = later.study_id
            and compared.wave_id = later.wave_id
            and compared.measure_id = later.measure_id
            and compared.category_code = later.category_code
    inner join estimates as earlier
        on
            compared.study_id = earlier.study_id
            and compared.from_wave_id = earlier.wave_id
            and compared.measure_id = earlier.measure_id
            and compared.category_code = earlier.category_code
    where compared.measure_kind = 'share'
),

empty_categories as (
    select
        study_id,
        wave_id,
        from_wave_id,
        case when estimate = 0 then 'category_vanished' else 'category_appeared' end as drift_kind,
        'share' as statistic,
        measure_id || '=' || category_code as subject,
        variable_id,
        greatest(estimate, from_estimate) as value,
        cast(null as {{ type_number() }}) as p_value,
        cast(null as boolean) as is_significant,
        {{ percent_text('estimate') }} || ' are in the category ' || category_code || ', and '
        || {{ percent_text('from_estimate') }} || ' were in the wave before that asked.' as finding
    from category_shares
    where
        (estimate = 0 and from_estimate > 0)
        or (estimate > 0 and from_estimate = 0)
),

final as (
    select * from shifted_shares
    union all
    select * from shifted_means
    union all
    select * from empty_categories
)

select * from final
where value is not null
