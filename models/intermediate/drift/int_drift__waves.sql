-- depends_on: {{ ref('int_checks__problems') }}
/*
    Rows, weights and design of each wave against the wave before.
    1. Weights, strata and PSUs are compared where both designs have a column for them: what each respondent
       stands for by themselves follows from the number of respondents.
    2. The smaller of two factors, of the sum and of the mean, is what neither weights that add up to the people
       asked nor weights that add up to the population can explain.
*/
{% set statistics = [
    {
        'kind': 'design_changed', 'name': 'differences', 'subject': "'design_id'",
        'value': 'case when design_id <> from_design_id then 1 end',
        'finding': "'The design is ' || design_id || '; that of the wave before was ' || from_design_id || '.'",
    },
    {
        'kind': 'design_changed', 'name': 'strata_factor', 'subject': "'strata'",
        'value': 'case when has_strata then ' ~ factor_between('n_strata', 'from_n_strata') ~ ' end',
        'finding': "'There are ' || " ~ count_text('n_strata') ~ " || ' strata, and '"
            ~ " || " ~ count_text('from_n_strata') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'design_changed', 'name': 'psus_factor', 'subject': "'psus'",
        'value': 'case when has_psus then ' ~ factor_between('n_psus', 'from_n_psus') ~ ' end',
        'finding': "'There are ' || " ~ count_text('n_psus') ~ " || ' PSUs, and '"
            ~ " || " ~ count_text('from_n_psus') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'rows_changed', 'name': 'respondents_factor', 'subject': "'respondents'",
        'value': factor_between('n_respondents', 'from_n_respondents'),
        'finding': "'There are ' || " ~ count_text('n_respondents') ~ " || ' respondents, and '"
            ~ " || " ~ count_text('from_n_respondents') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'weights_changed', 'name': 'sum_factor', 'subject': "'weights'",
        'value': 'case when has_weights then ' ~ factor_between('sum_of_weights', 'from_sum_of_weights')
            ~ ' end',
        'finding': "'The weights add up to ' || " ~ number_text('sum_of_weights') ~ " || ', and to '"
            ~ " || " ~ number_text('from_sum_of_weights') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'weights_changed', 'name': 'mean_factor', 'subject': "'weights'",
        'value': 'case when has_weights then ' ~ factor_between('mean_weight', 'from_mean_weight') ~ ' end',
        'finding': "'The mean weight is ' || " ~ number_text('mean_weight') ~ " || ', and '"
            ~ " || " ~ number_text('from_mean_weight') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'weights_changed', 'name': 'scale_factor', 'subject': "'weights'",
        'value': 'case when has_weights then least('
            ~ factor_between('sum_of_weights', 'from_sum_of_weights') ~ ', '
            ~ factor_between('mean_weight', 'from_mean_weight') ~ ') end',
        'finding': "'The sum and the mean of the weights both changed: the sum from '"
            ~ " || " ~ number_text('from_sum_of_weights') ~ " || ' to ' || " ~ number_text('sum_of_weights')
            ~ " || ', the mean from ' || " ~ number_text('from_mean_weight') ~ " || ' to '"
            ~ " || " ~ number_text('mean_weight') ~ " || '.'",
    },
    {
        'kind': 'weights_changed', 'name': 'cv_difference', 'subject': "'weights'",
        'value': 'case when has_weights then abs(weight_cv - from_weight_cv) end',
        'finding': "'The coefficient of variation of the weights is ' || " ~ number_text('weight_cv')
            ~ " || ', and ' || " ~ number_text('from_weight_cv') ~ " || ' in the wave before.'",
    },
    {
        'kind': 'weights_changed', 'name': 'kish_factor', 'subject': "'weights'",
        'value': 'case when has_weights then ' ~ factor_between('kish_effect', 'from_kish_effect') ~ ' end',
        'finding': "'The design effect of the weights is ' || " ~ number_text('kish_effect')
            ~ " || ', and ' || " ~ number_text('from_kish_effect') ~ " || ' in the wave before.'",
    },
] %}
{% set keys = ['wave_id', 'design_id'] %}
{% set roles = ['has_strata', 'has_psus', 'has_weights'] %}
{% set numbers = [
    'n_respondents', 'n_strata', 'n_psus', 'sum_of_weights', 'mean_weight', 'kish_effect', 'weight_cv'
] %}
with

waves as (
    select * from {{ ref('stg_codebook__waves') }}
),

design_columns as (
    select * from {{ ref('stg_codebook__design_columns') }}
),

wave_designs as (
    select *
    from {{ ref('int_design__waves') }}
    where is_default_weight
),

roles as (
    select
        design_id,
        max(case when design_role = 'stratum' then 1 else 0 end) as has_strata,
        max(case when design_role = 'psu' then 1 else 0 end) as has_psus,
        max(case when design_role = 'weight' then 1 else 0 end) as has_weights
    from design_columns
    group by design_id
),

described as (
    select
        waves.study_id,
        waves.wave_id,
        waves.wave_number,
        waves.design_id,
        roles.has_strata,
        roles.has_psus,
        roles.has_weights,
        wave_designs.n_loaded as n_respondents,
        wave_designs.n_strata,
        wave_designs.n_psus,
        wave_designs.sum_of_weights,
        wave_designs.sum_of_weights / wave_designs.n_respondents as mean_weight,
        wave_designs.n_respondents * wave_designs.sum_of_squared_weights
        / wave_designs.sum_of_weights / wave_designs.sum_of_weights as kish_effect
    from waves
    inner join roles
        on waves.design_id = roles.design_id
    inner join wave_designs
        on
            waves.study_id = wave_designs.study_id
            and waves.wave_id = wave_designs.wave_id
),

-- Equal weights give a little less than 1 now and then.
spread as (
    select
        *,
        sqrt(greatest(kish_effect - 1, 0)) as weight_cv
    from described
),

with_previous as (
    select
        study_id,
        {% for column in keys + roles + numbers -%}
        {{ column }},
        lag({{ column }}) over (partition by study_id order by wave_number) as from_{{ column }},
        {% endfor -%}
        wave_number
    from spread
),

compared as (
    select
        study_id,
        wave_id,
        from_wave_id,
        design_id,
        from_design_id,
        {%- for column in numbers %}
        {{ column }},
        from_{{ column }},
        {%- endfor %}
        has_strata = 1 and from_has_strata = 1 as has_strata,
        has_psus = 1 and from_has_psus = 1 as has_psus,
        has_weights = 1 and from_has_weights = 1 as has_weights
    from with_previous
    where from_wave_id is not null
),

final as (
    {% for statistic in statistics -%}
    select
        study_id,
        wave_id,
        from_wave_id,
        '{{ statistic.kind }}' as drift_kind,
        '{{ statistic.name }}' as statistic,
        {{ statistic.subject }} as subject,
        cast(null as {{ dbt.type_string() }}) as variable_id,
        cast({{ statistic.value | indent(8) }} as {{ type_number() }}) as value,
        {{ statistic.finding | indent(8) }} as finding
    from compared
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
where value is not null
