/*
    What was asked and answered in each wave, against the wave before.
    1. Shares of missing answers are compared with the wave before that asked: a wave without the question is a
       finding of its own.
    2. Derived variables follow from the variable they are made of.
    3. A category that is offered in one of two waves only is not collected in the other.
*/
{% set parts = [
    'added', 'dropped', 'categories', 'unanswered', 'availability', 'nonresponse'
] %}
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

quality as (
    select *
    from {{ ref('int_answers__question_quality') }}
    where not is_derived
),

offered_categories as (
    select *
    from {{ ref('int_codebook__offered_categories') }}
    where category_code <> '_Z'
),

numbered_waves as (
    select
        study_id,
        wave_id,
        lag(wave_id) over (
            partition by study_id
            order by wave_number
        ) as from_wave_id,
        lead(wave_id) over (
            partition by study_id
            order by wave_number
        ) as next_wave_id,
        wave_number
    from waves
),

asked as (
    select
        quality.study_id,
        quality.wave_id,
        quality.variable_id,
        quality.source_column,
        numbered_waves.wave_number,
        numbered_waves.from_wave_id as wave_before,
        numbered_waves.next_wave_id as wave_after,
        lag(quality.wave_id) over (
            partition by quality.study_id, quality.variable_id
            order by numbered_waves.wave_number
        ) as from_wave_id,
        lead(quality.wave_id) over (
            partition by quality.study_id, quality.variable_id
            order by numbered_waves.wave_number
        ) as later_wave_id,
        cast(quality.n_respondents - quality.n_valid as {{ type_number() }})
        / quality.n_respondents as missing_share,
        cast(quality.n_respondents - quality.n_asked as {{ type_number() }})
        / quality.n_respondents as not_asked_share,
        cast(quality.n_item_nonresponse as {{ type_number() }})
        / nullif(quality.n_asked, 0) as nonresponse_share
    from quality
    inner join numbered_waves
        on
            quality.study_id = numbered_waves.study_id
            and quality.wave_id = numbered_waves.wave_id
),

compared as (
    select
        *,
        lag(not_asked_share) over (
            partition by study_id, variable_id
            order by wave_number
        ) as from_not_asked_share,
        lag(nonresponse_share) over (
            partition by study_id, variable_id
            order by wave_number
        ) as from_nonresponse_share
    from asked
),

added as (
    select
        study_id,
        wave_id,
        wave_before as from_wave_id,
        'question_added' as drift_kind,
        'differences' as statistic,
        variable_id as subject,
        variable_id,
        cast(1 as {{ type_number() }}) as value,
        'The variable is asked (column ' || source_column || '), and was not in the wave before.'
            as finding
    from compared
    where
        wave_before is not null
        and (from_wave_id is null or from_wave_id <> wave_before)
),

dropped as (
    select
        study_id,
        wave_after as wave_id,
        wave_id as from_wave_id,
        'question_dropped' as drift_kind,
        'differences' as statistic,
        variable_id as subject,
        variable_id,
        cast(1 as {{ type_number() }}) as value,
        'The variable is not asked, and was in the wave before (column ' || source_column || ').'
            as finding
    from compared
    where
        wave_after is not null
        and (later_wave_id is null or later_wave_id <> wave_after)
),

unanswered as (
    select
        study_id,
        wave_id,
        from_wave_id,
        'no_valid_answers' as drift_kind,
        'share_without_answer' as statistic,
        variable_id as subject,
        variable_id,
        missing_share as value,
        'No value of column ' || source_column || ' is a valid answer to ' || variable_id || '.'
            as finding
    from compared
),

availability as (
    select
        study_id,
        wave_id,
        from_wave_id,
        'availability_changed' as drift_kind,
        'not_asked_difference' as statistic,
        variable_id as subject,
        variable_id,
        abs(not_asked_share - from_not_asked_share) as value,
        {{ percent_text('not_asked_share') }}
        || ' were not asked (or it does not apply to them), and '
        || {{ percent_text('from_not_asked_share') }}
        || ' in the wave before that asked.' as finding
    from compared
    where from_wave_id is not null
),

nonresponse as (
    select
        study_id,
        wave_id,
        from_wave_id,
        'missing_changed' as drift_kind,
        'nonresponse_difference' as statistic,
        variable_id as subject,
        variable_id,
        abs(nonresponse_share - from_nonresponse_share) as value,
        {{ percent_text('nonresponse_share') }}
        || ' of those asked gave no valid answer, and '
        || {{ percent_text('from_nonresponse_share') }}
        || ' in the wave before that asked.' as finding
    from compared
    where from_wave_id is not null
),

-- the categories of a question and of the wave before that asked it
category_pairs as (
    select
        compared.study_id,
        compared.wave_id,
        compared.from_wave_id,
        compared.variable_id,
        offered_categories.category_code,
        max(case when offered_categories.wave_id = compared.wave_id then 1 else 0 end)
            as is_offered,
        max(case when offered_categories.wave_id = compared.from_wave_id then 1 else 0 end)
            as was_offered
    from compared
    inner join offered_categories
        on
            compared.study_id = offered_categories.study_id
            and compared.variable_id = offered_categories.variable_id
            and offered_categories.wave_id in (compared.wave_id, compared.from_wave_id)
    where compared.from_wave_id is not null
    group by
        compared.study_id,
        compared.wave_id,
        compared.from_wave_id,
        compared.variable_id,
        offered_categories.category_code
),

categories as (
    select
        study_id,
        wave_id,
        from_wave_id,
        case when is_offered = 1 then 'category_added' else 'category_dropped' end as drift_kind,
        'differences' as statistic,
        variable_id || '=' || category_code as subject,
        variable_id,
        cast(1 as {{ type_number() }}) as value,
        case
            when is_offered = 1
                then
                    'The category is offered, and was not in the wave before that asked: there '
                    || 'it is not collected.'
            else
                'The category is not offered, and was in the wave before that asked: it is not '
                || 'collected.'
        end as finding
    from category_pairs
    where is_offered <> was_offered
),

final as (
    {% for part in parts -%}
    select * from {{ part }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
where value is not null
