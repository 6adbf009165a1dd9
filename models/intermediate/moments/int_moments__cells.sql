{{ config(
    materialized='by_wave',
    meta={
        'units': 'int_design__part_waves',
        'unit': ['part_key'],
        'described_by': [
            'part_key', 'is_of_quantiles', 'wave_key', 'part_start', 'part_end', 'is_of_one_wave',
        ],
        'only_with': {
            'model': 'int_moments__wave_scores', 'on': ['wave_key', 'is_of_quantiles'],
        },
        'inputs': {
            'int_design__parts': none,
            'int_design__units': none,
            'int_design__strata': {
                'by': {'period_key': 'strata_period_key'},
                'columns': ['stratum_key', 'n_psus', 'sampling_fraction', 'lonely_psu'],
                'where': 'not is_replicate',
            },
            'int_moments__quantiles': {'by': {'period_key': 'quantile_period_key'}},
            'int_moments__wave_scores': {'by': ['wave_key']},
            'int_measures__denominators': {
                'by': ['wave_key', 'study_id'],
                'through': 'int_moments__wave_scores',
                'on': ['score_key'],
            },
        },
    },
) }}
-- depends_on: {{ ref('int_design__part_waves') }}
/*
    All that an estimate and its variance need of a part: sums, and second-order sums over PSUs. No row of a PSU is kept.
    1. Per PSU, u = y - c x with the numerator y, the denominator x and the part's own ratio as the `centre` c (of
       totals the negative origin, so that u is the total itself). Parts of it that take each other away are zero
       below their digits.
    2. Per stratum the squares and products of u and x are summed around their means, times the factor of the
       stratum, as in a variance: quu, qux, qxx. With another ratio R, which is that of a pool of parts, the
       variance of y - R x is quu + 2 (c - R) qux + (c - R)^2 qxx (docs: method, formula 1). Sums of
       squares that are not centred would lose half of their digits.
    3. Of PSUs of one respondent each, sums over these stand for the single squares and products.
    4. The domain of a cell has PSUs and strata with members, those of weight zero aside, as R's degf() counts them;
       summed PSUs of respondents who are their own count one by one. A standardised measure has a domain of all
       its groups. Where the part has replicate weights no PSUs are known.
    5. Quadratic sums are null where no stratum has an error, for samples with replicate weights, whose replicates
       give the variance, and for standardised measures, of which a PSU's groups are added first
       (int_estimates__influences).
*/
with

part_waves as (
    select *
    from {{ ref('int_design__part_waves') }}
    where {{ of_these_units(['part_key']) }}
),

units as (
    select *
    from {{ ref('int_design__units') }}
    where not is_replicate
),

strata as (
    select *
    from {{ ref('int_design__strata') }}
    where not is_replicate
),

denominators as (
    select * from {{ ref('int_measures__denominators') }}
),

by_psu as (
    {{ psu_sums('part_waves', units='units') | indent(4) }}
),

parts as (
    select distinct
        part_key,
        is_of_quantiles,
        study_id,
        weight_key,
        strata_period_key
    from part_waves
),

totals as (
    select
        part_key,
        score_key,
        segment_value_key,
        sum(n_respondents) as n_respondents,
        sum(sum_w) as sum_w,
        sum(sum_ww) as sum_ww,
        sum(total_x) as total_x,
        sum(sum_wxx) as sum_wxx,
        sum(total_y) as total_y,
        sum(sum_wyy) as sum_wyy,
        sum(sum_wyx) as sum_wyx
    from by_psu
    group by
        part_key,
        score_key,
        segment_value_key
),

centred as (
    select
        totals.*,
        parts.is_of_quantiles,
        denominators.base_key,
        denominators.denominator_key,
        denominators.is_standardised,
        case
            when denominators.measure_kind = 'total' then -denominators.origin
            else coalesce({{ ratio_of_totals(
                'denominators.measure_kind', 'totals.total_y', 'totals.total_x'
            ) | indent(12) }}, 0)
        end as centre
    from totals
    inner join denominators
        on totals.score_key = denominators.score_key
    inner join parts
        on
            totals.part_key = parts.part_key
            and denominators.study_id = parts.study_id
            and parts.is_of_quantiles = (denominators.measure_kind = 'quantile')
),

part_strata as (
    select distinct
        parts.part_key,
        strata.stratum_key,
        cast(strata.n_psus as {{ type_number() }}) as n_psus,
        strata.sampling_fraction,
        strata.lonely_psu
    from parts
    inner join strata
        on
            parts.strata_period_key = strata.period_key
            and parts.weight_key = strata.weight_key
),

places as (
    select
        part_strata.part_key,
        part_strata.stratum_key,
        units.unit_key,
        units.is_own_psu
    from part_strata
    inner join units
        on part_strata.stratum_key = units.stratum_key
),

deviations as (
    select
        by_psu.part_key,
        by_psu.score_key,
        by_psu.segment_value_key,
        places.stratum_key,
        places.is_own_psu,
        by_psu.n_respondents,
        by_psu.total_x,
        by_psu.sum_wxx,
        by_psu.sum_wwxx,
        case
            when
                abs(by_psu.total_y - centred.centre * by_psu.total_x)
                < 1e-13 * (abs(by_psu.total_y) + abs(centred.centre * by_psu.total_x))
                then 0
            else by_psu.total_y - centred.centre * by_psu.total_x
        end as sum_u,
        by_psu.sum_wwyy + centred.centre * centred.centre * by_psu.sum_wwxx as outer_parts,
        -2 * centred.centre * by_psu.sum_wwyx as middle_part,
        by_psu.sum_wwyx - centred.centre * by_psu.sum_wwxx as own_ux
    from by_psu
    inner join places
        on
            by_psu.part_key = places.part_key
            and by_psu.unit_key = places.unit_key
    inner join centred
        on
            by_psu.part_key = centred.part_key
            and by_psu.score_key = centred.score_key
            and by_psu.segment_value_key = centred.segment_value_key
),

by_stratum as (
    select
        part_key,
        score_key,
        segment_value_key,
        stratum_key,
        sum(sum_u) as sum_u,
        sum(total_x) as sum_x,
        sum(
            case
                when not is_own_psu then sum_u * sum_u
                when outer_parts + middle_part < 1e-13 * outer_parts then 0
                else outer_parts + middle_part
            end
        ) as sum_uu,
        sum(case when is_own_psu then own_ux else sum_u * total_x end) as sum_ux,
        sum(case when is_own_psu then sum_wwxx else total_x * total_x end) as sum_xx,
        {{ domain_psus() | indent(8) }}
    from deviations
    group by
        part_key,
        score_key,
        segment_value_key,
        stratum_key
),

quadratic as (
    select
        by_stratum.part_key,
        by_stratum.score_key,
        by_stratum.segment_value_key,
        sum({{ stratum_variance(
            'by_stratum.sum_uu',
            'by_stratum.sum_u',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as quu,
        sum({{ stratum_covariance(
            'by_stratum.sum_ux',
            'by_stratum.sum_u',
            'by_stratum.sum_x',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as qux,
        sum({{ stratum_variance(
            'by_stratum.sum_xx',
            'by_stratum.sum_x',
            'part_strata.n_psus',
            'part_strata.sampling_fraction',
            'part_strata.lonely_psu',
        ) | indent(8) }}) as qxx,
        {{ lonely_scale(
            'part_strata.n_psus', 'part_strata.sampling_fraction', 'part_strata.lonely_psu'
        ) | indent(8) }} as scale,
        {{ domain_strata() | indent(8) }}
    from by_stratum
    inner join part_strata
        on
            by_stratum.part_key = part_strata.part_key
            and by_stratum.stratum_key = part_strata.stratum_key
    group by
        by_stratum.part_key,
        by_stratum.score_key,
        by_stratum.segment_value_key
),

-- all groups of a standardised measure, whose categories have the same denominator
standardised_bases as (
    select
        parts.part_key,
        denominators.base_key,
        denominators.score_key
    from parts
    inner join denominators
        on
            parts.study_id = denominators.study_id
            and parts.weight_key = denominators.weight_key
            and denominators.is_standardised
            and denominators.category_code = denominators.denominator_code
),

psus_of_bases as (
    select
        standardised_bases.part_key,
        standardised_bases.base_key,
        by_psu.segment_value_key,
        places.stratum_key,
        places.is_own_psu,
        sum(by_psu.n_respondents) as n_respondents,
        sum(by_psu.total_x) as total_x,
        sum(by_psu.sum_wxx) as sum_wxx,
        sum(by_psu.sum_wwxx) as sum_wwxx
    from by_psu
    inner join standardised_bases
        on
            by_psu.part_key = standardised_bases.part_key
            and by_psu.score_key = standardised_bases.score_key
    inner join places
        on
            by_psu.part_key = places.part_key
            and by_psu.unit_key = places.unit_key
    group by
        standardised_bases.part_key,
        standardised_bases.base_key,
        by_psu.segment_value_key,
        places.stratum_key,
        places.unit_key,
        places.is_own_psu
),

strata_of_bases as (
    select
        part_key,
        base_key,
        segment_value_key,
        stratum_key,
        {{ domain_psus() | indent(8) }}
    from psus_of_bases
    group by
        part_key,
        base_key,
        segment_value_key,
        stratum_key
),

bases as (
    select
        part_key,
        base_key,
        segment_value_key,
        {{ domain_strata() | indent(8) }}
    from strata_of_bases
    group by
        part_key,
        base_key,
        segment_value_key
),

final as (
    select
        -- keys
        centred.part_key,
        centred.is_of_quantiles,
        centred.base_key,
        centred.denominator_key,
        centred.score_key,
        centred.segment_value_key,

        -- base
        cast(centred.n_respondents as bigint) as n_respondents,
        centred.sum_w,
        centred.sum_ww,

        -- sums of the denominator and the numerator
        centred.total_x,
        centred.sum_wxx,
        centred.total_y,
        centred.sum_wyy,
        centred.sum_wyx,

        -- over PSUs
        centred.centre,
        {% for name in ['quu', 'qux', 'qxx'] -%}
        case when not centred.is_standardised then quadratic.scale * quadratic.{{ name }} end
            as {{ name }},
        {% endfor -%}

        -- of the domain, and of the group of the standard population
        {% for name in ['n_domain_strata', 'n_domain_psus', 'n_psus_with_denominator'] -%}
        cast(
            case when centred.is_standardised then bases.{{ name }} else quadratic.{{ name }} end
            as bigint
        ) as {{ name }},
        {% endfor -%}
        cast(quadratic.n_domain_psus as bigint) as n_psus_of_group
    from centred
    left join quadratic
        on
            centred.part_key = quadratic.part_key
            and centred.score_key = quadratic.score_key
            and centred.segment_value_key = quadratic.segment_value_key
    left join bases
        on
            centred.part_key = bases.part_key
            and centred.base_key = bases.base_key
            and centred.segment_value_key = bases.segment_value_key
            and centred.is_standardised
)

select * from final
